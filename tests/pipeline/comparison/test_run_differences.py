"""What differs between two runs beside what is compared: budgets of models, and of the models of blends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evenhand.base.storage.record import Record
from evenhand.base.values import Predictions, Samples
from evenhand.pipeline.comparison.run_differences import differences

IDS = np.array(["r0", "r1"], dtype=object)


def record(output: Path, **epochs: int) -> Record:
    """Return a record whose models were trained for so many epochs."""
    models = [{"name": name, "seeds": [0], "train": {"epochs": count}} for name, count in epochs.items()]
    made = Record.create(
        output, asked="", resolved={"model": models}, data={"kind": "photos", "classes": ["x", "y"]}
    )
    made.write_samples(Samples(pd.DataFrame({"id": IDS}), ("x", "y"), np.array([0, 1])))
    return made


def between(a: str, b: str, one: Record, two: Record) -> list[str]:
    p, q = (Predictions(IDS, ("x", "y"), np.eye(2), np.array([0, 1]), model=name) for name in (a, b))
    return differences(p, q, one, two)


@pytest.mark.parametrize(
    ("names", "ours", "theirs", "words"),
    [
        (("a", "b"), {"a": 1}, {"b": 2}, ["train.epochs 1 against 2"]),
        (("ensemble:equal", "ensemble:nnls"), {"a": 1, "b": 1}, {"a": 1, "b": 1}, []),
        (
            ("one/ensemble:equal", "two/ensemble:equal"),
            {"a": 1, "b": 1, "c": 1},
            {"a": 2, "b": 2, "c": 1},
            ["train.epochs 1 against 2 (a, b)"],
        ),
        (
            ("ensemble:equal", "ensemble:equal"),
            {"a": 1, "b": 1},
            {"a": 3, "c": 1},
            ["train.epochs 1 against 3 (a)", "models a, b against a, c are blended"],
        ),
        (("b", "ensemble:equal"), {"a": 1, "b": 1}, {"a": 3, "b": 2}, ["train.epochs 1 against 2 (b)"]),
    ],
)
def test_budgets_of_blends_are_those_of_their_models(
    tmp_path: Path, names: tuple[str, str], ours: dict[str, Any], theirs: dict[str, Any], words: list[str]
) -> None:
    assert between(*names, record(tmp_path / "one", **ours), record(tmp_path / "two", **theirs)) == words


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ({"epochs": 30, "batch_size": 256, "early_stop": 0}, {"head": "logistic_regression", "epochs": 20}, []),
        ({"epochs": 30, "batch_size": 256}, {"head": "knn", "epochs": 20}, []),
        ({"epochs": 30}, {"head": "hash", "epochs": 20}, ["train.epochs 30 against 20"]),
        ({"epochs": 30}, {"head": "of another package", "epochs": 20}, ["train.epochs 30 against 20"]),
        ({"epochs": 30}, {"epochs": 20}, ["train.epochs 30 against 20"]),
        ({"epochs": 30, "stage": [{"epochs": 4}]}, {"epochs": 20, "stage": [{"epochs": 4}]}, []),
        ({"early_stop": 5, "choose_by": "last"}, {"early_stop": 0, "choose_by": "last"}, []),
        ({"early_stop": 5, "swa_from": 3}, {"early_stop": 0, "swa_from": 3}, []),
        ({"early_stop": 5}, {"early_stop": 0}, ["train.early_stop 5 against 0"]),
        ({"soup": "greedy"}, {"soup": "none"}, []),
        ({"batch_size": 64}, {"batch_size": 32}, ["train.batch_size 64 against 32"]),
        ({"batch_size": 64}, {"batch_size": 16, "accumulate_grad_batches": 4}, []),
        (
            {"batch_size": 64, "accumulate_grad_batches": 1},
            {"batch_size": 64, "accumulate_grad_batches": 2},
            ["train.batch_size x accumulate_grad_batches 64 against 128"],
        ),
    ],
)
def test_keys_that_a_model_does_not_use_are_not_compared(
    tmp_path: Path, ours: dict[str, Any], theirs: dict[str, Any], words: list[str]
) -> None:
    models = [
        {"name": name, "seeds": [0], "head": train.pop("head", "linear"), "train": train}
        for name, train in (("a", dict(ours)), ("b", dict(theirs)))
    ]
    data = {"kind": "photos", "classes": ["x", "y"]}
    made = Record.create(tmp_path / "one", asked="", resolved={"model": models}, data=data)
    assert between("a", "b", made, made) == words

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

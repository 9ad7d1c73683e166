"""The ceiling of a run's scores: of the rows and groups of its predictions, where raters were counted."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.base.values import Predictions, Samples
from evenhand.evaluation.config import ClassesConfig, EvaluateConfig
from evenhand.pipeline.references.ceiling import ceiling_figures, raters_of

SETTINGS = SimpleNamespace(evaluate=EvaluateConfig(), classes=ClassesConfig())


def data(n: int = 120) -> tuple[Predictions, Samples]:
    rng = np.random.default_rng(0)
    raters = rng.integers(1, 4, n).astype(float)
    shares = rng.binomial(raters.astype(int)[:, None], rng.beta(0.4, 0.8, (n, 2))) / raters[:, None]
    ids = np.array([f"r{row}" for row in range(n)], dtype=object)
    samples = Samples(
        frame=pd.DataFrame({"id": ids, "path": ids}),
        classes=("a", "b"),
        labels=shares,
        weights=raters,
        kind="photos",
    )
    order = rng.permutation(n)[: n - 20]  # predictions of some rows, in their own order
    groups = np.array([f"g{row // 4}" for row in order], dtype=object)
    p = Predictions(ids[order], ("a", "b"), np.full((len(order), 2), 0.5), shares[order], groups=groups)
    return p, samples


def test_it_is_of_the_rows_that_are_predicted() -> None:
    p, samples = data()
    found = ceiling_figures(p, SETTINGS, samples, ["roc_auc", "group_accuracy", "recall[b]"])
    assert found is not None
    assert set(found) == {"roc_auc", "group_accuracy"}, "not of single classes"
    assert (found["roc_auc"]["n"], found["roc_auc"]["groups"]) == (100, len(set(p.groups)))
    assert 0.6 < found["roc_auc"]["low"] < found["roc_auc"]["estimate"] < found["roc_auc"]["high"] <= 1


def test_there_is_none_without_numbers_of_raters_or_with_one_label_a_row() -> None:
    p, samples = data()
    for weights in (None, samples.weights + 0.5):
        assert ceiling_figures(p, SETTINGS, replace(samples, weights=weights), ["roc_auc"]) is None
    single = replace(
        p, truth=np.zeros(len(p), dtype=np.int64), probabilities=np.full((len(p), 2), 0.5), groups=None
    )
    assert ceiling_figures(single, SETTINGS, samples, ["accuracy"]) is None


def test_evaluate_shows_it_beside_the_figures_where_raters_are_given() -> None:
    p, samples = data()
    raters = raters_of(p, samples)
    found = evenhand.evaluate(p, ["roc_auc"], raters=raters, draws=200)
    assert found.ceiling is not None
    assert found.ceiling["roc_auc"].estimate > found["roc_auc"].estimate
    assert set(found.document()["ceiling"]) == {"roc_auc"}
    assert evenhand.evaluate(p, ["roc_auc"], draws=200).ceiling is None
    with pytest.raises(EvenhandError, match="There are 3 numbers of raters for 100 rows"):
        evenhand.evaluate(p, ["roc_auc"], raters=[1, 2, 3], draws=200)

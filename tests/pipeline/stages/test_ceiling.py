"""The ceiling of a run's scores: of the rows and groups of its predictions, where raters were counted."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from evenhand.base.values import Predictions, Samples
from evenhand.evaluation.config import ClassesConfig, EvaluateConfig
from evenhand.pipeline.stages.ceiling import ceiling_figures

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
    found = ceiling_figures(p, SETTINGS, samples, ["roc_auc", "recall[b]"])
    assert found is not None
    assert set(found) == {"roc_auc", "recall[b]"}
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

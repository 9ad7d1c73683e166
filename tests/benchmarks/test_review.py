"""Flipped labels stay within their coarse class, and are counted in the first rows of an order."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pandas as pd

from evenhand.base.values import Predictions, Samples
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource
from evenhand.review.rows.with_predictions import with_predictions

Script = Callable[[str], ModuleType]
FINE = {"apple": ("gala", "fuji", "topaz"), "pear": ("bosc", "comice"), "leek": ("leek",)}


def table(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    coarse = rng.choice(list(FINE), n)
    fine = [FINE[name][rng.integers(len(FINE[name]))] for name in coarse]
    return pd.DataFrame({"path": [f"{i}.jpg" for i in range(n)], "fine": fine, "coarse": coarse})


def test_the_share_of_labels_is_flipped_within_their_coarse_class(script: Script) -> None:
    flipped = script("review").with_flips(table(), 0.05, seed=3)
    wrong = flipped[flipped["given"] != flipped["fine"]]
    assert len(wrong) == 20
    assert all(row.given in FINE[row.coarse] for row in wrong.itertuples())
    assert flipped.equals(script("review").with_flips(table(), 0.05, seed=3))
    assert not flipped.equals(script("review").with_flips(table(), 0.05, seed=4))


def test_wrong_rows_are_counted_in_the_first_tenth(script: Script) -> None:
    wrong = np.zeros(100, dtype=bool)
    wrong[[3, 50, 51, 99]] = True
    order = np.r_[50, 51, 0, np.setdiff1d(np.arange(100), [0, 50, 51])]
    found = script("review").found_within(order, wrong, 0.1)
    assert (found["found"], found["n"], found["estimate"]) == (3, 4, 0.75)
    assert 0 < found["low"] < 0.75 < found["high"] < 1
    assert "| by | 3 of 4 | 0.750 [" in script("review").shown({"by": found}, 0.1)


def test_suspicion_finds_what_a_good_model_contradicts_and_random_order_does_not(script: Script) -> None:
    flipped = script("review").with_flips(table(), 0.05, seed=0)
    classes = tuple(sorted(set(flipped["fine"])))
    truth, given = (np.array([classes.index(name) for name in flipped[of]]) for of in ("fine", "given"))
    ids = flipped["path"].to_numpy(dtype=object)
    logits = np.random.default_rng(1).normal(size=(len(ids), len(classes)))
    logits[np.arange(len(ids)), truth] += 4
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    samples = Samples(pd.DataFrame({"id": ids, "path": ids}), classes, given)
    rows = with_predictions(
        ReviewRows.of(samples), Predictions(ids, classes, p, model="m"), ProbabilitySource.OUT_OF_FOLD
    )
    orders = script("review").our_orders(rows)
    assert set(orders) == {"suspicion", "margin", "random"}  # one model cannot disagree
    shares = {name: script("review").found_within(order, truth != given, 0.1) for name, order in orders.items()}
    assert shares["suspicion"]["estimate"] >= 0.9
    assert shares["random"]["estimate"] < 0.4

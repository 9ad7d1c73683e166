"""Ridge regression on many features, with probabilities: single labels, several, unknown cells, missing classes."""

import numpy as np
import pandas as pd
import pytest

from evenhand.base.values import Samples
from evenhand.pipeline.references.linear import linear_probabilities


def samples_of(labels: np.ndarray, names: tuple[str, ...] = ("a", "b", "c")) -> Samples:
    frame = pd.DataFrame(
        {"id": [f"r{i}" for i in range(len(labels))], "group": [f"g{i // 4}" for i in range(len(labels))]}
    )
    return Samples(frame, names, labels)


def test_classes_are_found_with_probabilities_that_sum_to_1_and_are_never_0() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 120)  # no row of "c"
    features = rng.normal(size=(120, 300))  # more than rows
    features[:, :20] += labels[:, None] * 1.5
    fit = np.arange(120) < 90
    (found,) = linear_probabilities(samples_of(labels), features, fit, [features[~fit]])
    assert found.sum(axis=1) == pytest.approx(np.ones(30))
    assert (found > 0).all()
    assert (found.argmax(axis=1) == labels[~fit]).mean() > 0.85
    confidence = found.max(axis=1).mean()
    assert 0.6 < confidence <= 1


def test_features_that_say_nothing_give_the_shares() -> None:
    rng = np.random.default_rng(1)
    labels = (rng.random(200) < 0.25).astype(np.int64)
    features = rng.normal(size=(200, 30))
    fit = np.arange(200) < 150
    (found,) = linear_probabilities(samples_of(labels, ("a", "b")), features, fit, [features[~fit]])
    assert found[:, 1] == pytest.approx(np.full(50, labels[:150].mean()), abs=0.15)


def test_of_several_labels_each_is_learned_where_it_is_known() -> None:
    rng = np.random.default_rng(2)
    held = rng.integers(0, 2, (120, 3)).astype(float)
    held[:, 2] = 0
    features = held + rng.normal(0, 0.3, held.shape)
    fit = np.arange(120) < 90
    whole = linear_probabilities(samples_of(held.copy()), features, fit, [features[~fit]])[0]
    held[:9, 0] = np.nan
    found = linear_probabilities(samples_of(held), features, fit, [features[~fit]])[0]
    for table in (whole, found):
        assert ((table[:, :2] > 0.5) == (held[~fit, :2] > 0.5)).mean() > 0.9
        assert (table[:, 2] < 0.1).all()


def test_a_handful_of_rows_gives_shares() -> None:
    labels = np.array([0, 1, 1, 0])
    (found,) = linear_probabilities(samples_of(labels, ("a", "b")), np.eye(4), np.arange(4) < 3, [np.eye(4)])
    assert found.shape == (4, 2)
    assert np.isfinite(found).all()

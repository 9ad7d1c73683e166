"""Labels that look wrong, against a computation by hand and planted errors."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.base.values import NO_LABEL, Predictions
from evenhand.evaluation.figures.confident_learning import (
    most_accurate,
    self_confidence,
    surest_rows,
    suspected_labels,
)


def predictions(probabilities: object, truth: object, model: str = "m") -> Predictions:
    p = np.asarray(probabilities, dtype=float)
    ids = np.array([f"r{i}" for i in range(len(p))], dtype=object)
    return Predictions(ids, tuple("abc"[: p.shape[1]]), p, np.asarray(truth), model=model)


def test_by_hand() -> None:
    p = predictions([[0.9, 0.1], [0.7, 0.3], [0.8, 0.2], [0.2, 0.8], [0.05, 0.95]], [0, 0, 1, 1, 0])
    # mean of class a on rows labelled a: (.9 + .7 + .05) / 3 = .55; of b on rows labelled b: (.2 + .8) / 2 = .5
    found = suspected_labels(p)
    assert list(found["id"]) == ["r4", "r2"]
    assert list(found["suggested"]) == ["b", "a"]
    assert found["margin"].tolist() == pytest.approx([0.9, 0.6])


def test_a_row_that_is_nothing_of_its_label_comes_before_one_between_two_classes() -> None:
    unsure = [[0.4, 0.3, 0.3], [0.3, 0.4, 0.3], [0.3, 0.3, 0.4]] * 5
    found = suspected_labels(predictions([*unsure, [0.1, 0.9, 0.0], [0.02, 0.48, 0.5]], [0, 1, 2] * 5 + [0, 0]))
    assert found["id"].tolist() == ["r16", "r15"]
    assert found["margin"].tolist() == pytest.approx([0.48, 0.8])


def test_a_class_of_which_the_model_is_never_certain_is_not_suspected_as_a_whole() -> None:
    p = np.array([[0.9, 0.1], [0.9, 0.1], [0.8, 0.2], [0.8, 0.2]])
    found = self_confidence(p, np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(found, 1.0)
    np.testing.assert_allclose(self_confidence(np.array([[1.0, 0.0]]), np.array([1])), 1.0)


def test_rows_without_a_label_and_several_labels_are_not_suspected() -> None:
    p = predictions([[0.9, 0.1], [0.1, 0.9]], [NO_LABEL, 1])
    assert suspected_labels(p).empty
    assert suspected_labels(predictions([[0.9, 0.1]], [[1.0, 0.0]])).empty
    assert most_accurate([predictions([[0.9, 0.1]], [[1.0, 0.0]])]) is None


def planted(noise: float, seed: int, n: int = 5000, k: int = 4) -> tuple[Predictions, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, k, n)
    logits = 3 * rng.normal(0, 1, (n, k))
    logits[np.arange(n), truth] += 15
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    flipped = rng.random(n) < noise
    labels = np.where(flipped, (truth + rng.integers(1, k, n)) % k, truth)
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    return Predictions(ids, tuple(f"c{c}" for c in range(k)), probabilities, labels, model="m"), flipped


def test_planted_errors_come_first() -> None:
    p, flipped = planted(0.05, 1)
    first = [int(i[1:]) for i in suspected_labels(p)["id"][: int(flipped.sum())]]
    assert flipped[first].mean() > 0.9


def test_wrong_labels_do_not_thin_out_and_mistakes_do() -> None:
    noisy, clean = surest_rows(planted(0.08, 2)[0]), surest_rows(planted(0.0, 2)[0])
    assert noisy is not None
    assert clean is not None
    assert noisy.p < 0.05 < clean.p
    assert surest_rows(predictions([[0.9, 0.1]] * 50, [0] * 50)) is None

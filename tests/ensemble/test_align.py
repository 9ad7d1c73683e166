from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.ensemble.align import align


def test_rows_and_classes_come_into_the_order_of_the_first(models):
    one, two, _ = models()
    shuffled = two.take(np.random.default_rng(0).permutation(len(two)))
    order = [2, 0, 1]
    turned = replace(
        shuffled,
        classes=tuple(shuffled.classes[c] for c in order),
        probabilities=shuffled.probabilities[:, order],
        truth=np.argsort(order)[shuffled.truth],
    )
    aligned = align([one, turned])
    assert aligned.names == ("m0", "m1")
    assert (aligned.models[1].probabilities == two.probabilities).all()
    assert (aligned.models[1].truth == one.truth).all()
    assert aligned.models[1].classes == one.classes


def test_several_labels_are_turned_too(models):
    one, two, _ = models()
    labels = np.eye(3)[one.truth]
    labels[0] = np.nan
    turned = replace(two, classes=("c", "a", "b"), probabilities=two.probabilities[:, [2, 0, 1]])
    aligned = align([replace(one, truth=labels), replace(turned, truth=labels[:, [2, 0, 1]])])
    assert (aligned.models[1].probabilities == two.probabilities).all()


def test_a_mix_is_the_weighted_sum(models):
    aligned = align(models())
    weights = np.array([0.2, 0.8, 0.0])
    expected = 0.2 * aligned.probabilities[0] + 0.8 * aligned.probabilities[1]
    assert np.allclose(aligned.mix(weights), expected)
    assert np.allclose(aligned.mix(weights, np.array([5, 3])), expected[[5, 3]])


def faulty(one, two):
    rows = np.arange(len(two))
    return {
        r'"m1" lacks 2 rows of "m0" \(first: "r0"\)': two.take(rows[2:]),
        r'"m1" lacks 1 rows of "m0" .* and has 1 rows that "m0" lacks': replace(
            two, ids=np.array([*two.ids[:-1], "new"], dtype=object)
        ),
        'do not have the same classes: only "m0" has b; only "m1" has x': replace(two, classes=("a", "x", "c")),
        r'disagree on the truth of 1 rows \(first: "r3"\)': replace(
            two, truth=np.where(rows == 3, (two.truth + 1) % 3, two.truth)
        ),
        "disagree on the fold of 300 rows": replace(two, fold=(two.fold + 1) % 5),
        "do not have the truth in the same form": replace(two, truth=np.eye(3)[two.truth]),
        r'has 1 ids more than once \(first: "r0"\)': replace(
            two, ids=np.array(["r0", *two.ids[:-1]], dtype=object)
        ),
        '"m1" has no rows': two.take(rows[:0]),
    }


@pytest.mark.parametrize("case", range(8))
def test_what_does_not_fit_is_told_in_words(models, case):
    one, two, _ = models()
    words, wrong = list(faulty(one, two).items())[case]
    with pytest.raises(DataError, match=words):
        align([one, wrong])


def test_no_predictions_cannot_be_aligned():
    with pytest.raises(DataError, match="no predictions to align"):
        align([])


def test_what_is_not_known_need_not_agree(models):
    one, two, _ = models()
    assert align([one, replace(two, truth=None, fold=None)]).models[1].truth is None

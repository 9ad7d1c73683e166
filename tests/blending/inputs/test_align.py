from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Folds
from evenhand.blending.inputs.align import align


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
        "do not have the truth in the same form": replace(two, truth=np.eye(3)[two.truth]),
        r'has 1 ids more than once \(first: "r0"\)': two.take(np.array([0, *rows[:-1]])),
        '"m1" has no rows': two.take(rows[:0]),
    }


@pytest.mark.parametrize("case", range(7))
def test_what_does_not_fit_is_told_in_words(models, case):
    one, two, _ = models()
    words, wrong = list(faulty(one, two).items())[case]
    with pytest.raises(DataError, match=words):
        align([one, wrong])


def test_no_predictions_cannot_be_aligned():
    with pytest.raises(DataError, match="no predictions to align"):
        align([])


def test_what_is_not_known_is_taken_from_who_knows(models):
    one, two, _ = models()
    aligned = align([replace(one, truth=None, fold=None), two])
    assert all((p.truth == two.truth).all() and (p.fold == two.fold).all() for p in aligned.models)


def test_the_same_folds_under_other_numbers_are_the_same(models):
    one, two, _ = models()
    aligned = align([one, replace(two, fold=((two.fold + 1) % 5).astype(np.int16))])
    assert aligned.elsewhere == ()
    assert aligned.coverage[1].folds_differ == 0
    assert (aligned.models[1].fold == one.fold).all()


def test_other_folds_mark_a_model_as_not_out_of_fold_here(models):
    one, two, three = models()
    other = np.random.default_rng(3).permutation(two.fold)
    aligned = align([one, replace(two, fold=other), three])
    assert aligned.elsewhere == ("m1",)
    assert [one.out_of_fold_here for one in aligned.coverage] == [True, False, True]
    assert aligned.coverage[1].folds_differ > 150
    assert "is not out of fold here" in str(aligned.coverage[1])
    assert (aligned.models[1].fold == one.fold).all()


def test_one_row_in_another_fold_counts_as_one(models):
    one, two, _ = models()
    moved = two.fold.copy()
    moved[0] = (moved[0] + 1) % 5
    assert align([one, replace(two, fold=moved)]).coverage[1].folds_differ == 1


def test_a_given_plan_is_the_plan(models):
    one, two, _ = models()
    plan = Folds(one.ids[::-1], two.fold[::-1].copy(), k=5)
    aligned = align([replace(one, fold=None), two], folds=plan)
    assert (aligned.first.fold == two.fold).all()
    assert aligned.elsewhere == ()


def test_common_rows_are_blended_and_the_others_told(models):
    one, two, three = models()
    lacks_a_fold = two.take(two.fold != 3)
    aligned = align([one, lacks_a_fold, three.take(np.arange(250))], rows="common")
    assert len(aligned.first) == ((one.fold != 3) & (np.arange(300) < 250)).sum()
    whole, part, last = aligned.coverage
    assert (whole.complete, whole.folds_lacking, whole.extra) == (True, (), 300 - len(aligned.first))
    assert part.folds_lacking == (3,)
    assert len(part.lacking) == (one.fold == 3).sum()
    assert len(last.lacking) == 50
    assert "has no row of fold 3" in str(part)
    assert part.document()["lacking"] == (one.fold == 3).sum()


def test_nothing_in_common_is_told(models):
    one, two, _ = models()
    with pytest.raises(DataError, match="no row in common"):
        align([one.take(np.arange(10)), two.take(np.arange(10, 20))], rows="common")


def test_rows_without_a_partner_do_not_teach_by_accident(models):
    one, two, _ = models()
    with pytest.raises(DataError, match="rows = .common."):
        align([one, two.take(np.arange(299))])


def test_families_of_runs_that_found_different_ones_are_joined(models):
    one, two, _ = models()
    one, two = replace(one, groups=None), replace(two, groups=None)
    of = one.ids.copy()
    of[:2] = "x"
    other = one.ids.copy()
    other[1:3] = "y"
    first, second = (replace(p, groups=g, families=True) for p, g in ((one, of), (two, other)))
    found = align([first, second]).first
    assert found.families
    assert len(set(found.groups[:3])) == 1
    assert len(set(found.groups)) == len(found) - 2
    mixed = align([first, replace(two, groups=other)]).first
    assert not mixed.families
    assert (mixed.groups == other).all()

import numpy as np
import pytest
from scipy import stats

from evenhand.base.values import Predictions
from evenhand.evaluation.audit.groups import exact_interval, group_figures, summary_words


def predictions(sizes, right, *, label=None, k=2) -> Predictions:
    """Return predictions in groups of `sizes` rows, with so many right in each."""
    group = np.repeat([f"группа {g}" for g in range(len(sizes))], sizes).astype(object)
    truth = np.zeros(len(group), dtype=np.int64) if label is None else np.asarray(label)
    correct = np.concatenate([np.arange(n) < r for n, r in zip(sizes, right, strict=True)])
    chosen = np.where(correct, truth, (truth + 1) % k)
    ids = np.array([f"r{i}" for i in range(len(group))], dtype=object)
    return Predictions(ids, tuple(f"c{c}" for c in range(k)), np.eye(k)[chosen], truth, groups=group)


def test_a_group_that_fails_is_below_and_comes_first():
    found = group_figures(predictions([40, 40, 40], [38, 12, 39]))
    assert (found[0].name, found[0].verdict, found[0].n) == ("группа 1", "below", 40)
    assert found[0].accuracy == pytest.approx(0.3)
    assert found[0].expected == pytest.approx(77 / 80)
    assert {f.verdict for f in found[1:]} <= {"as expected", "too few to tell"}


def test_three_rows_are_too_few_to_tell_even_if_all_are_wrong():
    found = group_figures(predictions([60, 3, 60], [48, 0, 48]))
    assert (found[-1].n, found[-1].verdict) == (3, "too few to tell")
    words = summary_words(found)
    assert words.startswith("Of 3 groups: 0 below the accuracy expected for their classes, 0 as expected, ")


def test_a_group_of_hard_classes_is_not_blamed_for_them():
    label = np.repeat([0, 1, 1], [50, 50, 50])
    p = predictions([50, 50, 50], [50, 25, 25], label=label)
    assert [f.verdict for f in group_figures(p)].count("below") == 0
    alike = predictions([50, 50, 50], [50, 25, 50])
    assert group_figures(alike)[0].verdict == "below"


@pytest.mark.parametrize("rate", [0.93, 0.895, 0.5])
def test_a_group_that_is_surely_below_is_never_as_expected_however_small_the_gap(rate):
    found = group_figures(predictions([4000, 4000], [3840, int(4000 * rate)]))
    assert found[0].verdict == "below"
    assert found[0].gap == pytest.approx(0.96 - int(4000 * rate) / 4000)


def test_groups_of_few_rows_come_last():
    found = group_figures(predictions([1] * 30 + [40, 40, 40], [0] * 30 + [40, 39, 4]))
    assert [f.n for f in found[:3]] == [40, 40, 40]
    assert found[0].verdict == "below"


def test_a_part_is_worth_as_many_rows_as_its_groups_are():
    rng = np.random.default_rng(0)
    units = np.repeat(np.arange(20), 50)
    p = predictions([500, 500], [0, 0])
    right = rng.random(20) < np.repeat([0.9, 0.5], 10)  # rows of a unit stand or fall together
    chosen = np.where(right[units], p.truth, 1 - p.truth)
    together = Predictions(p.ids, p.classes, np.eye(2)[chosen], p.truth, groups=p.groups)
    alone, worth = (group_figures(together, units=u) for u in (None, units.astype(str).astype(object)))
    assert alone[0].verdict == "below"
    assert worth[0].verdict == "too few to tell"
    assert worth[0].groups == 10
    assert worth[0].high - worth[0].low > 2 * (alone[0].high - alone[0].low)
    few = group_figures(together, units=np.repeat(list("wxyz"), 250).astype(object))
    assert {f.verdict for f in few} == {"too few to tell"}
    same = group_figures(together, units=p.groups)
    assert [f.document() for f in same] == [f.document() for f in alone]


def test_equal_parts_made_of_groups_are_seldom_blamed():
    rng = np.random.default_rng(1)
    blamed = 0
    for _ in range(200):
        units = np.repeat(np.arange(40), rng.integers(5, 30, 40))
        right = rng.random(len(units)) < rng.beta(4, 1, 40)[units]
        ids = np.arange(len(units)).astype(str).astype(object)
        p = Predictions(ids, ("a", "b"), np.eye(2)[(~right).astype(int)], np.zeros(len(units), dtype=int))
        found = group_figures(p, (units % 4).astype(str).astype(object), units=units.astype(str).astype(object))
        blamed += found[0].verdict == "below"
    assert blamed <= 16


def test_equal_groups_are_seldom_blamed():
    rng = np.random.default_rng(0)
    blamed = 0
    for _ in range(100):
        sizes = rng.integers(3, 60, 30)
        blamed += group_figures(predictions(sizes, rng.binomial(sizes, 0.8)))[0].verdict == "below"
    assert blamed <= 5


def test_the_interval_is_scipys():
    right, n = np.array([0.0, 3, 10]), np.array([10.0, 10, 10])
    low, high = exact_interval(right, n, 0.9)
    for r, a, b in zip(right, low, high, strict=True):
        wanted = stats.binomtest(int(r), 10).proportion_ci(0.9, "exact")
        assert (a, b) == (pytest.approx(wanted.low), pytest.approx(wanted.high))


def test_rows_may_have_several_labels_and_no_groups():
    truth = np.array([[1, 0], [1, 1], [0, 0], [0, 1]], dtype=float)
    p = Predictions(np.array(list("abcd"), dtype=object), ("x", "y"), truth * 0.8, truth)
    assert group_figures(p) == []
    found = group_figures(p, np.array(["g", "g", "h", "h"], dtype=object))
    assert [f.accuracy for f in found] == [1.0, 1.0]


def test_parts_that_are_too_small_to_be_judged_do_not_widen_the_others():
    """Two large parts beside 60 rows that are each a part of its own."""
    rng = np.random.default_rng(7)
    truth = rng.integers(0, 2, 460)
    right = np.where(rng.random(460) < 0.8, truth, 1 - truth)
    p = Predictions(np.arange(460).astype(str).astype(object), ("a", "b"), 0.8 * np.eye(2)[right] + 0.1, truth)
    names = np.array(["x"] * 200 + ["y"] * 200 + [f"s{i}" for i in range(60)], dtype=object)
    alone = {one.name: one for one in group_figures(p.take(np.arange(400)), names[:400])}
    beside = {one.name: one for one in group_figures(p, names)}
    for name in "xy":
        assert (beside[name].low, beside[name].high) == (alone[name].low, alone[name].high)
    assert {beside[f"s{i}"].verdict for i in range(60)} == {"too few to tell"}

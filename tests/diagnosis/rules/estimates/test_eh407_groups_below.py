from dataclasses import replace

import numpy as np
import pytest

from evenhand.base.values import Predictions
from evenhand.diagnosis import Evidence, examine


def predictions(accuracy, sizes, *, k=3, seed=0, model="m", classes_of_group=None):
    """Return predictions of groups with given accuracies and sizes."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    truth = rng.integers(0, k, len(group)) if classes_of_group is None else np.asarray(classes_of_group)[group]
    right = rng.random(len(group)) < np.asarray(accuracy)[group]
    chosen = np.where(right, truth, (truth + 1) % k)
    names = np.array([f"магазин {g}" for g in group], dtype=object)
    ids = np.array([f"r{i}" for i in range(len(group))], dtype=object)
    table = np.eye(k)[chosen] * 0.8 + 0.2 / k
    return Predictions(ids, tuple(f"c{c}" for c in range(k)), table, truth, groups=names, model=model)


def examined(*every):
    return examine(Evidence(predictions=every), ["EH407"])


def test_a_shop_where_the_model_fails_is_named_with_its_rows():
    sizes = [60] * 12
    (one,) = examined(predictions([0.3, *[0.9] * 11], sizes)).findings
    assert (one.severity, one.about) == ("warning", "магазин 0")
    assert one.message.startswith(
        "1 of 12 groups falls far below what its classes reach elsewhere with m: магазин 0 ("
    )
    assert len(one.ids) == 60


def test_the_best_model_is_looked_at():
    sizes = [60] * 12
    worse = predictions([0.3, *[0.7] * 11], sizes, model="worse")
    assert examined(worse, predictions([0.9] * 12, sizes, model="better")).passed == ("EH407",)


@pytest.mark.parametrize("seed", range(20))
def test_equal_groups_pass(seed):
    sizes = np.random.default_rng(seed).integers(2, 80, 40)
    assert examined(predictions([0.8] * 40, sizes, seed=seed)).passed == ("EH407",)


@pytest.mark.parametrize("seed", range(10))
def test_groups_that_differ_by_a_few_points_pass(seed):
    rng = np.random.default_rng(seed)
    assert examined(predictions(rng.normal(0.85, 0.05, 30).clip(0, 1), [50] * 30, seed=seed)).passed == ("EH407",)


def test_hard_classes_are_not_the_groups_fault():
    hard = np.arange(20) % 2  # every second group holds only the hard class
    accuracy = np.where(hard, 0.5, 1.0)
    assert examined(predictions(accuracy, [50] * 20, classes_of_group=hard)).passed == ("EH407",)


def test_tiny_groups_pass_even_if_all_of_their_rows_are_wrong():
    assert examined(predictions([0.0, *[0.9] * 10], [4, *[60] * 10])).passed == ("EH407",)


def test_one_to_five_hundred_passes():
    rng = np.random.default_rng(0)
    p = predictions([0.95] * 30, [100] * 30, k=2)
    truth = (rng.random(3000) < 1 / 500).astype(np.int64)
    assert examined(replace(p, truth=truth, probabilities=np.tile([0.9, 0.1], (3000, 1)))).passed == ("EH407",)


@pytest.mark.parametrize("lacking", ["groups", "truth"])
def test_it_is_not_applicable_without_groups_or_truth(lacking):
    assert examined(replace(predictions([0.1, 0.9], [50, 50]), **{lacking: None})).not_applicable

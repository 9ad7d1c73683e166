import numpy as np
import pytest

from evenhand.diagnosis.statistics.forest_probe import forest_macro_f1, forest_probe

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return rng, rng.integers(0, 4, 200), np.arange(200)


def test_measures_that_follow_the_label_are_above_chance_with_their_interval(rows):
    rng, label, group = rows
    found = forest_probe(label[:, None] + rng.normal(0, 0.3, (200, 1)), label, group, NAMES, least_gain=0.15)
    assert found.low < found.macro_f1 < found.high
    assert found.gain(found.low) > 0.5
    assert found.chance == pytest.approx(0.25, abs=0.02)
    assert (found.n, found.groups) == (200, 200)


def test_noise_gains_nothing(rows):
    rng, label, group = rows
    assert forest_probe(rng.normal(size=(200, 3)), label, group, NAMES, least_gain=0.15) is None


def test_a_group_of_its_own_for_each_class_cannot_be_predicted(rows):
    _, label, _ = rows
    assert forest_probe(label[:, None].astype(float), label, label, NAMES, least_gain=0.15) is None


def test_one_group_has_nothing_held_out(rows):
    _, label, _ = rows
    group = np.zeros(200, dtype=np.int64)
    assert forest_probe(label[:, None].astype(float), label, group, NAMES, least_gain=-1) is None
    assert forest_macro_f1(label[:, None].astype(float), label, group, 4) is None

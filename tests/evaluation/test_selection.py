import numpy as np
import pytest

from evenhand.evaluation.ask import ask
from evenhand.evaluation.rows import Rows
from evenhand.evaluation.selection import best_of


def models(skills, n, rng):
    truth = rng.integers(0, 3, n)
    out = []
    for skill in skills:
        answer = np.where(rng.random(n) < skill, truth, (truth + 1) % 3)
        out.append(ask(Rows(("a", "b", "c"), np.eye(3)[answer], truth), ["accuracy"], {}, {})[0])
    return out


def test_among_equals_the_best_is_worth_what_all_are():
    rng, off = np.random.default_rng(0), []
    for repeat in range(30):
        found = best_of(models([0.8] * 20, 200, rng), [str(i) for i in range(20)], None, draws=200, seed=repeat)
        off.append((found.chosen_as - 0.8, found.corrected.estimate - 0.8))
    naive, corrected = np.mean(off, axis=0)
    assert naive > 0.04
    assert abs(corrected) < 0.02


def test_one_that_is_far_better_is_left_as_it_is():
    every = models([0.6, 0.6, 0.95], 400, np.random.default_rng(1))
    found = best_of(every, ["x", "y", "z"], None, draws=200)
    assert (found.name, found.of, found.stability["z"]) == ("z", 3, 1.0)
    assert found.corrected.estimate == pytest.approx(found.chosen_as, abs=0.002)
    assert found.corrected.low < found.chosen_as < found.corrected.high


def test_groups_are_drawn_whole():
    every = models([0.8] * 6, 300, np.random.default_rng(2))
    names, groups = list("abcdef"), np.arange(300) // 30
    rows, whole = (best_of(every, names, drawn, draws=300).corrected for drawn in (None, groups))
    assert (rows.groups, whole.groups) == (300, 10)
    assert whole.high - whole.low > rows.high - rows.low


def test_the_same_seed_gives_the_same():
    every = models([0.7, 0.75], 100, np.random.default_rng(3))
    assert best_of(every, ["a", "b"], None, draws=50) == best_of(every, ["a", "b"], None, draws=50)

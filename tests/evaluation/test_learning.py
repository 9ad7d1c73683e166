import numpy as np
import pytest

from evenhand.base.values import Interval
from evenhand.evaluation.intervals import Support
from evenhand.evaluation.learning import Learning, learning
from evenhand.evaluation.spread import Spread


def test_it_is_the_jackknife_of_what_each_fold_taught():
    figures = [0.5, 0.6, 0.7, 0.55]
    assert learning(figures).error == pytest.approx(np.sqrt(3 / 4 * ((np.array(figures) - 0.5875) ** 2).sum()))
    assert learning(figures).freedom == 3
    assert learning([0.5, np.nan, 0.5]).error == learning([]).error == learning([0.4]).error == 0.0


def test_squares_add_up_on_each_side_and_ends_stay_where_figures_can_be():
    own = Interval(0.9, 0.8, 0.95, 100, 100)
    wide = Learning(0.1, np.inf).widened(own, 0.0, 1.0)
    reach = 0.1 * 1.959964
    assert wide.low == pytest.approx(0.9 - np.hypot(0.1, reach))
    assert wide.high == 1.0
    assert Learning().widened(own, 0.0, 1.0) is own


def test_a_difference_gets_it_too():
    own = Spread(0.1, 0.03, 50.0, Support(100, 100.0, 100, 100.0, False))
    more = Learning(0.04, 4.0).added(own)
    assert more.error == pytest.approx(0.05)
    assert 4 < more.freedom < 50
    assert more.p > own.p

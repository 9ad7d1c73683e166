import numpy as np
import pytest

from evenhand.base.values import Interval, Predictions
from evenhand.evaluation.audit.audit import audit
from evenhand.evaluation.comparison.compare import compare_predictions
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.figures.learning_variance import Learning, learning, learning_of, with_learning
from evenhand.evaluation.resampling.intervals import Support
from evenhand.evaluation.resampling.paired_interval import Spread


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


def predictions(n: int = 120, seed: int = 0, model: str = "m") -> Predictions:
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 3
    probabilities = 0.7 * rng.dirichlet(np.ones(3), n) + 0.3 * np.eye(3)[truth]
    return Predictions(np.arange(n).astype(str), tuple("abc"), probabilities, truth, model=model)


def test_predictions_carry_what_learning_adds_and_every_figure_of_them_allows_for_it():
    p, names = predictions(), ["macro_f1", "recall[a]"]
    again = [predictions(seed=seed) for seed in (1, 2, 3)]
    told = with_learning(p, again, names)
    figures = [evaluate(one, ["macro_f1"])["macro_f1"].estimate for one in again]
    assert learning_of(told, "macro_f1").error == pytest.approx(learning(figures).error)
    assert told.learned["macro_f1"][1] == 2
    plain, wide = (evaluate(one, names) for one in (p, told))
    for name in names:
        assert wide[name] == learning_of(told, name).widened(plain[name], 0.0, 1.0)
        assert wide[name].low < plain[name].low
    assert audit(told).figure == wide["macro_f1"]
    other = predictions(seed=9, model="other")
    found = compare_predictions([told, other], ["macro_f1"])
    assert found.figures["m"]["macro_f1"] == wide["macro_f1"]
    bare = compare_predictions([p, other], ["macro_f1"])
    assert found.verdicts[0].difference.low < bare.verdicts[0].difference.low


def test_rows_without_a_truth_teach_nothing_and_other_metrics_say_that_learning_is_not_in_them():
    p = predictions()
    unknown = Predictions(p.ids, p.classes, p.probabilities, np.where(np.arange(120) < 9, -1, p.truth), model="m")
    told = with_learning(unknown, [unknown, unknown], ["accuracy"])
    assert told.learned == {"accuracy": (0.0, 1.0)}
    assert evaluate(told, ["macro_f1"])["macro_f1"].how.endswith("without what learning adds")
    assert with_learning(p, [], ["accuracy"]) is p

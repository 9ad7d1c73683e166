from dataclasses import replace

import numpy as np
import pytest

from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.metrics import METRICS
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.metric_names import MetricNameError
from evenhand.evaluation.selection.chance import by_chance


@pytest.mark.parametrize(
    "name", ["accuracy", "macro_f1", "balanced_accuracy", "recall[b]", "matthews", "log_loss", "brier"]
)
def test_it_is_the_mean_over_answers_dealt_at_random(predictions, name):
    p = predictions(150, skill=2.0)
    (one,) = ask(rows_of(p), [name], {}, {})
    rng = np.random.default_rng(0)
    dealt = [
        ask(rows_of(replace(p, truth=rng.permutation(p.truth))), [name], {}, {})[0].estimate() for _ in range(150)
    ]
    sure = 4 * np.std(dealt) / np.sqrt(150) + 0.01 * np.mean(dealt)
    assert by_chance(one, name).estimate() == pytest.approx(np.mean(dealt), abs=sure)


def test_an_order_by_chance_is_a_half(predictions):
    (one,) = ask(rows_of(predictions(60)), ["roc_auc"], {}, {})
    assert by_chance(one, "roc_auc").estimate() == 0.5


def test_a_metric_without_a_figure_by_chance_is_refused_in_words(predictions):
    (one,) = ask(rows_of(predictions(60)), ["calibration_error"], {}, {})
    with pytest.raises(MetricNameError, match="has no known chance level"):
        by_chance(one, "calibration_error")


def test_a_metric_of_another_package_states_its_own_chance_level(predictions, monkeypatch):
    stated = replace(METRICS.get("average_precision"), chance=-0.25, lower_bound=-1.0)
    monkeypatch.setitem(METRICS._registered, "agreement", stated)
    (one,) = ask(rows_of(predictions(60)), ["agreement"], {}, {})
    assert by_chance(one, "agreement").estimate() == -0.25

"""EH315: what a score would not show; macro averages show every class, however many there are."""

import numpy as np
import pandas as pd
import pytest

from evenhand.base.values import Samples
from evenhand.diagnosis import Evidence, examine


def look(counts, score, sets=None):
    k, y = len(counts), np.repeat(np.arange(len(counts)), counts)
    names = ("N", "S", "V", "O") if k == 4 else tuple(f"c{c}" for c in range(k))
    samples = Samples(pd.DataFrame({"id": np.arange(len(y)).astype(str)}), names, y)
    return examine(Evidence(samples=samples, config={"score": score, "classes": sets or {}}), ["EH315"])


ECG = (900, 20, 70, 10)
LOSSES = ("log_loss", "brier", "calibration_error")


def test_accuracy_hides_what_is_rare(fits):
    (finding,) = look(ECG, {"accuracy": 1.0}).findings
    assert finding.patch == {"score.worst_recall": 0.5}
    assert "S" in finding.message
    assert finding.evidence["without"]["O"] == pytest.approx(0.99)


def test_a_score_about_some_classes_hides_the_others():
    (finding,) = look(ECG, {"macro_recall_abnormal": 1.0}, {"abnormal": ["S", "V", "O"]}).findings
    assert finding.about == "N"
    assert finding.evidence["without"]["N"] == 1.0
    (finding,) = look(ECG, {"macro_f1_abnormal": 1.0}, {"abnormal": ["S", "V", "O"]}).findings
    assert finding.evidence["in_no_part"] == ["N"]


def test_a_small_part_for_a_class_is_not_enough():
    (finding,) = look(ECG, {"weighted_f1": 1.0, "recall[S]": 0.01}).findings
    assert "S" in finding.message


@pytest.mark.parametrize(
    ("counts", "score", "sets"),
    [
        (ECG, {"macro_f1": 1.0}, {}),
        (ECG, {"macro_f1": 0.5, "worst_recall": 0.5}, {}),
        (ECG, {"accuracy": 0.5, "worst_recall": 0.5}, {}),
        ((2500, 5), {"macro_f1": 1.0}, {}),
        ((50,) * 81, {"macro_f1": 1.0}, {}),
        ((5, 400, 30) * 10, {"balanced_accuracy": 1.0}, {}),
        ((200, 200), {"accuracy": 1.0}, {}),
        (ECG, {"macro_f1_abnormal": 0.5, "recall[N]": 0.5}, {"abnormal": ["S", "V", "O"]}),
        *((ECG, {"macro_f1": 1.0, loss: weight}, {}) for loss in LOSSES for weight in (0.1, 1.0, 5.0)),
        ((2500, 400, 5), {"balanced_accuracy": 0.2, "log_loss": 0.8}, {}),
    ],
)
def test_scores_that_show_every_class_pass(counts, score, sets):
    assert look(counts, score, sets).passed == ("EH315",)


@pytest.mark.parametrize("loss", ["log_loss", "brier"])
@pytest.mark.parametrize("score", [{"accuracy": 1.0}, {}])
def test_a_loss_of_probabilities_hides_nothing_and_shows_nothing(loss, score):
    (finding,) = look(ECG, {**score, loss: 0.5}).findings
    assert "O" in finding.message


def test_without_a_score_it_is_not_applicable():
    assert "EH315" in examine(Evidence(), ["EH315"]).not_applicable

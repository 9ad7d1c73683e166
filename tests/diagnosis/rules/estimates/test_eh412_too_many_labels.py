from dataclasses import replace

import numpy as np

from evenhand.base.values import Predictions
from evenhand.diagnosis import Evidence, examine


def predictions(probability, *, model="m", rows=200, rate=0.2, seed=0):
    """Return predictions of five labels, each true in a share of rows; `probability` makes them of the truth."""
    truth = (np.random.default_rng(seed).random((rows, 5)) < rate).astype(float)
    ids = np.array([f"r{i}" for i in range(rows)], dtype=object)
    return Predictions(ids, tuple("abcde"), probability(truth), truth, model=model)


def right(truth):
    return np.where(truth > 0, 0.9, 0.1)


def everything(truth):
    return np.full(truth.shape, 0.6)


def nothing(truth):
    return np.full(truth.shape, 0.4)


def examined(*every, **more):
    return examine(Evidence(predictions=every, **more), ["EH412"])


def test_a_blend_that_predicts_every_label_is_found_and_its_thresholds_are_patched_away():
    blend = predictions(everything, model="ensemble:equal+thresholds")
    methods = {"ensemble": {"methods": ["equal", "nnls", "equal+thresholds"]}}
    (one,) = examined(predictions(right), blend, best=blend.model, config=methods).findings
    silent = blend.truth.mean()
    assert (one.severity, one.about) == ("warning", blend.model)
    assert (
        f"predicts 5.0 labels per row where {5 * silent:.1f} are true: Hamming loss {1 - silent:.3f}" in one.message
    )
    assert f"and {silent:.3f} without any label" in one.message
    assert one.patch == {"ensemble.methods": ["equal", "nnls"]}


def test_only_the_chosen_model_is_judged():
    assert examined(predictions(right), predictions(everything, model="other"), best="m").passed == ("EH412",)


def test_predictions_that_stand_alone_are_judged_without_a_patch():
    (one,) = examined(predictions(everything)).findings
    assert one.patch is None


def test_right_labels_and_none_at_all_pass():
    assert examined(predictions(right)).passed == examined(predictions(nothing)).passed == ("EH412",)


def test_more_than_twice_the_labels_are_found_whatever_the_interval():
    rare = predictions(
        lambda truth: np.where(truth + np.roll(truth, 1, 0) + np.roll(truth, 2, 0) > 0, 0.9, 0.1), rate=0.02
    )
    (one,) = examined(rare).findings
    assert one.evidence["labels_per_row"]["predicted"] > 2 * one.evidence["labels_per_row"]["true"]


def test_cells_that_are_not_known_are_in_no_sum():
    p = predictions(right)
    unknown = p.truth.copy()
    unknown[:, 0] = np.nan
    assert examined(
        replace(p, truth=unknown, probabilities=np.where(np.isnan(unknown), 1.0, p.probabilities))
    ).passed


def test_few_rows_pass_and_single_labels_are_not_applicable():
    assert examined(predictions(everything, rows=40)).passed == ("EH412",)
    p = predictions(right)
    single = Predictions(p.ids, p.classes, np.full((200, 5), 0.2), np.zeros(200, dtype=np.int64), model="m")
    assert "EH412" in examined(single).not_applicable

"""EH306: a validation loss that rises while the training loss does not."""

import numpy as np
import pytest

from evenhand.diagnosis import examine


def test_a_rise_is_found_with_its_epoch_and_is_a_note_where_earlier_weights_were_kept(curves):
    evidence = curves.evidence(curves.history(curves.falling, curves.rising, kept=7))
    (finding,) = examine(evidence, ["EH306"]).findings
    assert finding.message.startswith("net, fold 0, seed 0: the validation loss rises after epoch 9, from 0.5")
    assert finding.message.endswith("in the last epochs (+54%). The weights kept are from epoch 8.")
    assert finding.severity == "note"
    assert finding.patch is None


def test_weights_from_after_the_rise_make_it_a_warning(curves):
    evidence = curves.evidence(curves.history(curves.falling, curves.rising, kept=19))
    (finding,) = examine(evidence, ["EH306"]).findings
    assert finding.severity == "warning"
    assert finding.patch == {"model.net.train.choose_by": "loss"}


def test_a_foreign_log_is_named_by_its_file(curves):
    evidence = curves.evidence(curves.logged(train_loss=curves.falling, val_loss=curves.rising))
    (finding,) = examine(evidence, ["EH306"]).findings
    assert finding.message.startswith("metrics.csv: the validation loss rises after epoch 9")


@pytest.mark.parametrize("seed", range(8))
def test_losses_at_rest_or_falling_with_noise_pass(curves, seed):
    rng = np.random.default_rng(seed)
    for loss in (curves.resting, curves.falling):
        noisy = (np.array(loss) + rng.normal(0, 0.01, len(loss))).tolist()
        assert examine(curves.evidence(curves.history(curves.falling, noisy)), ["EH306"]).passed == ("EH306",)


def test_a_loss_that_diverges_and_one_of_an_earlier_stage_pass(curves):
    diverging = curves.history(curves.rising, curves.rising)
    assert examine(curves.evidence(diverging), ["EH306"]).passed == ("EH306",)
    staged = curves.history(curves.falling + curves.falling, curves.rising + curves.resting)
    for at, line in enumerate(staged.lines):
        line["stage"] = at // 20
    assert examine(curves.evidence(staged), ["EH306"]).passed == ("EH306",)


def test_without_epochs_enough_it_is_not_applicable(curves):
    evidence = curves.evidence(curves.history(curves.falling[:5], curves.rising[:5]))
    assert "6 epochs or more" in examine(evidence, ["EH306"]).not_applicable["EH306"]

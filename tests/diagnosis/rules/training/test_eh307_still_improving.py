"""EH307: a training that ended while it was still improving."""

import numpy as np
import pytest

from evenhand.diagnosis import examine

LINE = [1.4 - 0.04 * t for t in range(20)]


def test_a_loss_that_still_falls_is_found_and_more_epochs_proposed(curves):
    evidence = curves.evidence(*(curves.history(LINE, LINE, fold=fold) for fold in range(3)))
    (finding,) = examine(evidence, ["EH307"]).findings
    assert finding.message == (
        "net, in 3 of 3 fits (first: fold 0, seed 0): the validation loss was still falling at the end, from "
        "0.92 to 0.72 over the last 5 epochs of 20."
    )
    assert finding.patch == {"model.net.train.epochs": 30}


def test_the_criterion_decides(curves):
    rising = [0.4 + 0.02 * t for t in range(20)]
    evidence = curves.evidence(curves.history(LINE, curves.resting, rising))
    assert "the validation accuracy was still rising" in examine(evidence, ["EH307"]).findings[0].message
    at_rest = curves.evidence(curves.history(LINE, LINE, [0.7] * 20))
    assert examine(at_rest, ["EH307"]).passed == ("EH307",)


def test_half_of_the_fits_are_too_few(curves):
    evidence = curves.evidence(curves.history(LINE, LINE), curves.history(LINE, curves.resting, fold=1))
    assert examine(evidence, ["EH307"]).passed == ("EH307",)


@pytest.mark.parametrize("seed", range(8))
def test_curves_at_rest_pass(curves, seed):
    rng = np.random.default_rng(seed)
    for loss in (curves.resting, curves.rising, [0.69 / (1 + t) ** 2 for t in range(20)]):
        noisy = np.abs(np.array(loss) + rng.normal(0, 0.005, 20)).tolist()
        assert examine(curves.evidence(curves.history(loss, noisy)), ["EH307"]).passed == ("EH307",)


def test_a_log_without_rows_held_out_is_not_applicable(curves):
    evidence = curves.evidence(curves.logged(train_loss=LINE))
    assert "rows held out" in examine(evidence, ["EH307"]).not_applicable["EH307"]

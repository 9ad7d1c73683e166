"""EH311: losses that are no numbers or run away; a loss that jumps once, or is large from the first, is none."""

import pytest

from evenhand.diagnosis import examine


def look(fits, losses, validation=None):
    lines = fits.lines(*[fits.told((0.5, 0.5), (0.5, 0.5))] * len(losses))
    for line, loss in zip(lines, losses, strict=True):
        line["train_loss"] = loss
    if validation is not None:
        lines[-1]["validation_loss"] = validation
    return examine(fits.case(lines, (50, 50), names="ab"), ["EH311"])


@pytest.mark.parametrize("loss", [None, float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_told_at_once(fits, loss):
    (finding,) = look(fits, [0.7, loss]).findings
    assert (
        finding.message == "net, fold 0, seed 0: the training loss is not a number in epoch 2 (learning rate 0.01)."
    )
    assert finding.patch == {"model.net.train.learning_rate": 0.005, "model.net.train.clip": 1.0}
    assert (
        "validation loss" in look(fits, [0.7, 0.6], loss if loss is not None else float("nan")).findings[0].message
    )


def test_a_loss_that_runs_away_is_told_in_the_second_epoch(fits):
    (finding,) = look(fits, [0.7, 9.0, 12.0]).findings
    assert "diverges: 12 in epoch 3 (learning rate 0.01), 0.7 in the first epoch" in finding.message
    assert finding.evidence["since"] == 1
    assert look(fits, [0.7, 0.6, 9.0, 12.0, 11.0]).findings[0].evidence["since"] == 2
    assert look(fits, [0.7, 9.0, 0.6, None]).findings[0].evidence["since"] == 3


@pytest.mark.parametrize(
    "losses", [[0.7, 0.6, 0.5], [0.7, 9.0, 0.8], [40.0, 30.0, 35.0], [0.01, 0.02, 0.03], [5.0]]
)
def test_healthy_courses_pass(fits, losses):
    assert look(fits, losses).passed == ("EH311",)


def test_a_foreign_log_is_judged_by_what_it_holds(curves):
    def message(**columns):
        found = examine(curves.evidence(curves.logged(**columns)), ["EH311"])
        return [finding.message for finding in found.findings]

    nan = float("nan")
    assert message(train_loss=[0.7, nan]) == ["metrics.csv: the training loss is not a number in epoch 2."]
    assert message(val_loss=[0.7, 0.6, nan]) == ["metrics.csv: the validation loss is not a number in epoch 3."]
    assert message(train_loss=[0.7, 9.0, 12.0])[0].startswith(
        "metrics.csv: the training loss diverges: 12 in epoch 3,"
    )
    assert not message(val_loss=[0.7, 0.6])
    assert not message(train_loss=[0.7, 0.6], val_loss=[0.7])
    assert not message(val_accuracy=[0.7, 0.6])

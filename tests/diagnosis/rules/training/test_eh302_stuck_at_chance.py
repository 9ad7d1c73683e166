"""EH302: outputs that tell nothing; a hard problem tells a little, and few rows are not enough to be sure."""

import pytest

from evenhand.diagnosis import examine

EVEN = (0.5, 0.5)


def look(fits, *told, **more):
    lines = fits.lines(*[fits.told(EVEN, EVEN, **one) for one in told], **more)
    return examine(fits.case(lines, (200, 200), names="ab"), ["EH302"])


def test_outputs_that_tell_nothing_are_told(fits):
    (finding,) = look(fits, *[{"information": 0.0, "error": 0.0}] * 5).findings
    assert (
        "carry 0.0000 nats about the truth on training and 0.0000 on validation rows (of 0.6931)" in finding.message
    )
    assert finding.patch == {"model.net.train.learning_rate": 0.001}
    assert finding.evidence["since"] == 3


@pytest.mark.parametrize(
    "told",
    [
        {"information": 0.3, "error": 0.01},
        {"information": 0.004, "error": 0.0005},  # a hard problem
        {"information": 0.0, "error": 0.02},  # too few rows to be sure
        {"information": -0.5, "error": 0.1},  # it says much, and wrong: that is another fault
    ],
)
def test_healthy_courses_pass(fits, told):
    assert look(fits, *[told] * 6).passed == ("EH302",)


def test_it_is_not_applicable_where_information_is_not_measured(fits):
    several_labels = {"information": None, "error": None}
    assert look(fits, *[several_labels] * 6).not_applicable.keys() == {"EH302"}


def test_the_first_steps_may_tell_nothing(fits):
    nothing = {"information": 0.0, "error": 0.0}
    assert look(fits, *[nothing] * 5, steps=5).passed == ("EH302",)
    assert look(fits, *[nothing] * 2).passed == ("EH302",)


def test_a_loss_that_falls_is_no_standstill(fits):
    lines = fits.lines(*[fits.told(EVEN, EVEN, information=0.0, error=0.0)] * 5)
    for epoch, line in enumerate(lines):
        line["train_loss"] = 0.7 - 0.01 * epoch
    assert examine(fits.case(lines, (200, 200), names="ab"), ["EH302"]).passed == ("EH302",)


def test_losses_of_a_foreign_log_that_never_fell_are_found(curves):
    guessing = [1.386 + 0.001 * (-1) ** t for t in range(12)]
    (finding,) = examine(curves.evidence(curves.logged(train_loss=guessing, val_loss=guessing)), ["EH302"]).findings
    assert finding.message == (
        "metrics.csv: no loss has fallen since the first epoch: training loss 1.39 and validation loss 1.39 at the "
        "end. Guessing among 4 equal classes costs 1.386. Nothing was learned."
    )
    learned = curves.logged(train_loss=curves.falling, val_loss=guessing)
    assert examine(curves.evidence(learned), ["EH302"]).passed == ("EH302",)

import numpy as np
import pytest

from evenhand.diagnosis import Evidence, examine

EQUAL = [0.25] * 4


def test_batches_that_hold_another_mix_are_an_error(history):
    held = [0.9, 0.02, 0.07, 0.01]
    case = Evidence(histories=(history([EQUAL, held], EQUAL),))
    (found,) = examine(case, ["EH206"]).findings
    assert found.severity == "error"
    assert found.message == "m, fold 0, seed 0: batches of epoch 2 held 90.0% of class N, 25.0% were expected."


def test_labels_in_another_order_are_found(history):
    """Chances made for the rows in one order, and dealt to them in another: the mix stays natural."""
    case = Evidence(histories=(history([[0.9, 0.02, 0.07, 0.01]] * 3, EQUAL),))
    assert len(examine(case, ["EH206"]).findings) == 1


@pytest.mark.parametrize("rows", [40, 500, 10_000])
def test_what_chance_does_is_healthy(history, rows):
    rng = np.random.default_rng(rows)
    for expected in (EQUAL, [0.9, 0.02, 0.07, 0.01], [0.995, 0.002, 0.002, 0.001]):
        mixes = (rng.multinomial(rows, expected, size=60) / rows).tolist()
        made = history(mixes, expected)
        for line in made.lines:
            line["sets"]["train"]["rows"] = rows
        assert examine(Evidence(histories=(made,)), ["EH206"]).passed == ("EH206",)


def test_epochs_without_a_mix_are_passed_over(history):
    case = Evidence(histories=(history([None, [None] * 4], EQUAL), history([EQUAL], None)))
    assert examine(case, ["EH206"]).passed == ("EH206",)
    assert "EH206" in examine(Evidence(), ["EH206"]).not_applicable

"""EH320: training and validation equally low while something else learns more; hard problems are no fault."""

import pytest

from evenhand.diagnosis import examine

REST = [1.0 + 0.4 * 0.5**t for t in range(20)]
LOW = [0.41 - 0.1 * 0.5**t for t in range(20)]


def fits(curves, level=0.0, *, model="net", n=4):
    held = [x + 0.01 for x in REST]
    return [
        curves.history(
            REST, held, [x + level + 0.002 * f for x in LOW], [x + level for x in LOW], model=model, fold=f
        )
        for f in range(n)
    ]


def test_the_floor_that_is_better_shows_too_little_model(curves):
    evidence = curves.evidence(*fits(curves), floor={"accuracy": 0.561})
    (finding,) = examine(evidence, ["EH320"]).findings
    assert finding.message == (
        "net: training and validation are equally low (accuracy 0.410 and 0.413) and at rest, and the floor "
        "reaches 0.561."
    )


def test_another_model_that_is_better_fold_by_fold_shows_it_too(curves):
    evidence = curves.evidence(*fits(curves), *fits(curves, 0.2, model="deeper"))
    (finding,) = examine(evidence, ["EH320"]).findings
    assert finding.about == "net"
    assert "deeper reaches 0.613" in finding.message


@pytest.mark.parametrize("floor", [0.30, 0.41, 0.425])
def test_a_hard_problem_learned_as_far_as_it_goes_passes(curves, floor):
    evidence = curves.evidence(*fits(curves), floor={"accuracy": floor})
    assert examine(evidence, ["EH320"]).passed == ("EH320",)


def test_models_with_a_gap_or_that_still_improve_pass(curves):
    memorised = curves.history(curves.falling, REST, LOW, [0.9] * 20)
    line = [1.4 - 0.02 * t for t in range(20)]
    unfinished = curves.history(
        line, line, [0.3 + 0.01 * t for t in range(20)], [0.3 + 0.01 * t for t in range(20)]
    )
    for one in (memorised, unfinished):
        assert examine(curves.evidence(one, floor={"accuracy": 0.9}), ["EH320"]).passed == ("EH320",)


def test_one_model_without_a_floor_is_not_applicable(curves):
    assert (
        "another model or the floor" in examine(curves.evidence(*fits(curves)), ["EH320"]).not_applicable["EH320"]
    )

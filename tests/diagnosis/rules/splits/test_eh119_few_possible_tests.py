from dataclasses import replace

import numpy as np
import pytest

from evenhand.data.config import FoldsConfig
from evenhand.data.splits.make_folds import make_folds
from evenhand.diagnosis import examine


@pytest.fixture
def drawn(make):
    """Return a case of so many groups with a locked test that was drawn."""

    def case(groups, k=3, fraction=0.2):
        base = make(rows=120, classes=2)
        frame = base.samples.frame.assign(group=[f"g{i % groups}" for i in range(120)]).drop(columns="split")
        base = replace(base, samples=replace(base.samples, frame=frame), pictures=None, facts=None)
        config = FoldsConfig(k=k, test={"fraction": fraction})
        return replace(base, folds=make_folds(base.samples, config), config={"folds": config.model_dump()})

    return case


def test_one_of_few_tests_is_said(drawn):
    case = drawn(5)
    (found,) = examine(case, ["EH119"]).findings
    assert found.severity == "note"
    assert found.evidence["tests"] < 20
    assert found.evidence["groups"] == 5
    locked = found.evidence["groups_in_test"]
    assert found.message.startswith(
        f"The locked test ({locked} of 5 groups) is one of only {found.evidence['tests']} "
    )


@pytest.mark.parametrize("groups", [12, 30, 120])
def test_many_possible_tests_are_healthy(drawn, groups):
    assert examine(drawn(groups), ["EH119"]).passed == ("EH119",)


def test_it_is_not_applicable_to_a_test_that_was_not_sampled(drawn):
    case = drawn(5)
    given = replace(case, folds=replace(case.folds, how={}))
    assert "EH119" in examine(given, ["EH119"]).not_applicable
    nothing = replace(case, folds=replace(case.folds, fold=np.arange(120).astype(np.int16) % 3))
    assert "EH119" in examine(nothing, ["EH119"]).not_applicable

from dataclasses import replace

import pytest

from evenhand.base.values import Samples
from evenhand.diagnosis import examine


def declared(case, *more):
    """Return a case whose configuration names further classes."""
    rows = case.rows
    classes = (*rows.classes, *more)
    samples = Samples(rows.frame, classes, rows.labels)
    return replace(case, samples=samples, config={"data": {"classes": list(classes)}})


def test_outputs_that_no_row_trains_are_found_and_left_to_one_rule(make):
    found = examine(declared(make(classes=4), "steps", "islands"), ["EH107", "EH308"])
    (finding,) = found.findings
    assert finding.code == "EH308"
    assert finding.message == "2 of 6 outputs are never trained, as no row is of their class: steps and islands."
    assert finding.patch == {"data.classes": ["class 0", "class 1", "class 2", "class 3"]}


def test_a_misspelt_class_is_answered_with_the_right_one(make):
    (found,) = examine(declared(make(classes=4), "clas 1"), ["EH308"]).findings
    assert found.message.endswith('as no row is of its class: clas 1. Did you mean "class 1"?')


@pytest.mark.parametrize("recipe", [{}, {"skew": 500.0, "rows": 800}])
def test_classes_that_have_rows_pass(make, recipe):
    assert examine(declared(make(**recipe)), ["EH308"]).passed == ("EH308",)
    assert "EH308" in examine(make(**recipe), ["EH308"]).not_applicable

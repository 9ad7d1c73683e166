import pytest

from evenhand.diagnosis import Evidence, examine


def examined(comparison):
    return examine(Evidence(comparisons=(comparison,)), ["EH406"])


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_a_thousand_rows_of_few_groups_are_few(made, groups):
    old, new = (made.model(name, right, groups=groups) for name, right in (("old", 700), ("new", 950)))
    (one,) = examined(made.compared(old, new)).findings
    assert one.severity == "warning"
    assert one.message.startswith("1 of 1 difference rests on too few groups: new against old, accuracy: too few")
    assert one.evidence["groups"] == groups


def test_a_handful_of_rows_is_few(made):
    old, new = (made.model(name, right, n=8, groups=0) for name, right in (("old", 3), ("new", 8)))
    (one,) = examined(made.compared(old, new)).findings
    assert "rests on too few rows" in one.message


@pytest.mark.parametrize("groups", [0, 8, 100])
def test_enough_groups_pass_also_where_nothing_is_found(made, groups):
    old, new = (made.model(name, 900, groups=groups, noise=noise) for name, noise in (("old", 1), ("new", 2)))
    assert examined(made.compared(old, new)).passed == ("EH406",)

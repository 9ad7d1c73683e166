import pytest

from evenhand.diagnosis import Evidence, examine


def times(n):
    return tuple(f"2026-11-{day + 1:02d}T10:00:00+00:00" for day in range(n))


def test_two_looks_are_noted():
    (one,) = examine(Evidence(openings=times(2)), ["EH409"]).findings
    assert one.severity == "note"
    assert one.message == (
        "The locked test was opened 2 times, first on 2026-11-01; models may have been selected on it."
    )


@pytest.mark.parametrize(("n", "severity"), [(4, "note"), (5, "warning"), (20, "warning")])
def test_many_looks_are_a_warning(n, severity):
    assert examine(Evidence(openings=times(n)), ["EH409"]).findings[0].severity == severity


def test_the_first_look_passes():
    assert examine(Evidence(openings=times(1)), ["EH409"]).passed == ("EH409",)


@pytest.mark.parametrize("openings", [None, ()])
def test_without_a_test_it_is_not_applicable(openings):
    assert examine(Evidence(openings=openings), ["EH409"]).not_applicable == {
        "EH409": "a locked test that was opened"
    }

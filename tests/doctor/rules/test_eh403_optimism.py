import pytest

from evenhand.doctor import Case, examine


def examined(worth):
    return examine(Case(worth=worth), ["EH403"])


def test_a_naive_figure_that_flatters_is_named(made):
    (one,) = examined(made.ladder(optimism=0.03, half=0.004)).findings
    assert (one.severity, one.about) == ("warning", "ensemble:nnls")
    assert one.says.startswith("Naive figures flatter: ensemble:nnls by 0.0300. 0.950 would have been reported")
    assert "is worth 0.918" in one.says


@pytest.mark.parametrize(("optimism", "half"), [(0.0, 0.002), (0.003, 0.001), (0.01, 0.02), (-0.02, 0.004)])
def test_little_or_unsure_optimism_passes(made, optimism, half):
    assert examined(made.ladder(optimism, half)).passed == ("EH403",)


def test_without_blends_it_is_not_applicable():
    assert "EH403" in examine(Case(), ["EH403"]).not_applicable

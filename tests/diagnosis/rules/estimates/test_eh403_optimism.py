import pytest

from evenhand.diagnosis import Evidence, examine


def examined(nested):
    return examine(Evidence(nested=nested), ["EH403"])


def test_a_naive_figure_that_flatters_is_named(made):
    (one,) = examined(made.ladder(optimism=0.03, half=0.004)).findings
    assert (one.severity, one.about) == ("warning", "ensemble:nnls")
    assert one.message.startswith(
        "Naive figures are optimistic: ensemble:nnls by 0.0300. The best of 2 is ensemble:nnls:"
    )
    assert "0.918 [0.898, 0.938]" in one.message
    assert "0.950 would have been reported" in one.message


def test_it_says_what_the_ladder_says_in_the_same_words(made):
    """Two sentences of one report once had the corrected figure above and below the naive one."""
    nested = made.ladder(optimism=0.03, half=0.004)
    (one,) = examined(nested).findings
    assert one.message.endswith(nested.headline)
    assert str(nested).startswith(nested.headline)
    assert nested.document()["best"]["summary"].startswith(nested.headline)


@pytest.mark.parametrize(("optimism", "half"), [(0.0, 0.002), (0.003, 0.001), (0.01, 0.02), (-0.02, 0.004)])
def test_little_or_unsure_optimism_passes(made, optimism, half):
    assert examined(made.ladder(optimism, half)).passed == ("EH403",)


def test_without_blends_it_is_not_applicable():
    assert "EH403" in examine(Evidence(), ["EH403"]).not_applicable

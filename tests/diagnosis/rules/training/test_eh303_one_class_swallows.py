"""EH303: one class takes the rows of others; a majority, or an equal share that was asked for, may."""

import pytest

from evenhand.diagnosis import examine

NATURAL = (0.9, 0.02, 0.08)


def look(fits, told, settings=None, times=4):
    return examine(fits.case(fits.lines(*[told] * times), settings=settings), ["EH303"])


def test_a_class_that_takes_the_rows_of_others_is_told(fits):
    told = fits.told(NATURAL, (0.1, 0.8, 0.1), probability=[0.15, 0.7, 0.15], recall=[0.1, 1.0, 0.8])
    (finding,) = look(fits, told).findings
    assert (finding.evidence["class"], finding.evidence["since"]) == ("S", 2)
    assert "S takes 79.6% of the rows of other classes (it is 2.0% of the rows" in finding.message


@pytest.mark.parametrize(
    ("predicted", "probability", "recall"),
    [
        ((1.0, 0.0, 0.0), (0.97, 0.01, 0.02), [1.0, 0.0, 0.0]),  # the majority
        ((0.5, 0.3, 0.2), (0.45, 0.35, 0.2), [0.5, 0.9, 0.9]),  # an equal share and a little more
        ((0.1, 0.8, 0.1), (0.3, 0.4, 0.3), [0.1, 1.0, 0.8]),  # undecided: that is chance, not swallowing
    ],
)
def test_healthy_courses_pass(fits, predicted, probability, recall):
    told = fits.told(NATURAL, predicted, probability=probability, recall=recall)
    assert look(fits, told, {"sampler": "balanced"}).passed == ("EH303",)


def test_early_epochs_pass(fits):
    told = fits.told(NATURAL, (0.1, 0.8, 0.1), probability=[0.15, 0.7, 0.15], recall=[0.1, 1.0, 0.8])
    assert look(fits, told, times=2).passed == ("EH303",)


@pytest.mark.parametrize(
    ("probability", "fires"), [((0.8, 0.76, 0.73, 0.7), False), ((0.7, 0.73, 0.76, 0.8), True)]
)
def test_what_the_first_weights_said_and_fades_is_slow_and_not_wrong(fits, probability, fires):
    told = [
        fits.told(NATURAL, (0.1, 0.8, 0.1), probability=[0.9 - p, p, 0.1], recall=[0.1, 1.0, 0.8])
        for p in probability
    ]
    assert bool(examine(fits.case(fits.lines(*told)), ["EH303"]).findings) == fires

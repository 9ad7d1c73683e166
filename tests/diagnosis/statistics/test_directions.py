import numpy as np
import pandas as pd

from evenhand.diagnosis.statistics.directions import WORDS, in_words, shifts
from evenhand.modalities.images.image_statistics import picture_traits


def test_a_shift_is_the_difference_of_means():
    within = pd.DataFrame({"brightness: mean": [0.0, 1.0, 2.0, 3.0]})
    assert shifts(within, np.array([False, False, True, True])) == {"brightness: mean": 2.0}


def test_words_are_for_measures_that_exist():
    facts = pd.DataFrame({"width": [8], "height": [8], "bytes": [9]})
    assert set(WORDS) <= set(picture_traits(np.zeros((1, 8, 8, 3), dtype=np.uint8), facts))


def test_a_shift_is_said_and_a_small_one_is_not():
    assert in_words({"contrast: spread": 0.9}, "contrast") == "of more contrast"
    assert in_words({"contrast: spread": -0.9}, "contrast") == "flatter"
    assert in_words({"contrast: spread": 0.2}, "contrast") == ""
    assert in_words({}, "layout") == ""

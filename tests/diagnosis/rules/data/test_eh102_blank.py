from dataclasses import replace

import numpy as np
import pytest

from evenhand.diagnosis import examine


def test_constant_and_nearly_constant_pictures_are_named(make):
    case = make()
    pictures = case.pictures.copy()
    pictures[3] = 255
    pictures[7] = 10
    pictures[7, 0, 0] = 12  # one pixel off
    (found,) = examine(replace(case, pictures=pictures), ["EH102"]).findings
    assert found.ids == ("r0003", "r0007")
    assert "2 pictures of 120 are blank" in found.message
    assert found.evidence["blank"] == 2


def test_a_picture_far_smaller_than_the_others_is_named(make):
    case = make()
    facts = case.facts.copy()
    facts.loc[5, ["width", "height"]] = [20, 300]
    facts.loc[6, ["width", "height"]] = [2, 2]
    (found,) = examine(replace(case, facts=facts), ["EH102"]).findings
    assert found.ids == ("r0005", "r0006")
    assert "shorter side from 2 px, where the median is 240 px" in found.message


@pytest.mark.parametrize("ground", ["own", "black"])
def test_pictures_that_show_something_pass(make, ground):
    assert examine(make(ground=ground), ["EH102"]).passed == ("EH102",)


def test_a_thin_line_on_black_is_something(make):
    case = make()
    pictures = np.zeros_like(case.pictures)
    pictures[:, 12, :] = 60
    assert examine(replace(case, pictures=pictures), ["EH102"]).passed == ("EH102",)


def test_a_dark_photo_with_noise_is_not_blank(make):
    noise = np.random.default_rng(0).normal(6, 2, make().pictures.shape).clip(0, 255).astype(np.uint8)
    assert examine(replace(make(), pictures=noise), ["EH102"]).passed == ("EH102",)


def test_icons_that_are_all_small_pass(make):
    case = make()
    assert examine(replace(case, facts=case.facts.assign(width=16, height=16)), ["EH102"]).passed == ("EH102",)

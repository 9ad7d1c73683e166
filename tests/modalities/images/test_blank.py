import numpy as np

from evenhand.modalities.images.blank import blank_pictures, picture_spread


def test_spread_is_that_of_the_most_varied_channel():
    shown = np.zeros((1, 8, 8, 3), dtype=np.uint8)
    shown[:, :, ::2, 1] = 20
    assert picture_spread(shown).tolist() == [10.0]


def test_a_mark_between_the_points_of_the_grid_is_seen():
    shown = np.zeros((1, 256, 256, 3), dtype=np.uint8)
    shown[:, 1:250, 1] = 255
    assert not blank_pictures(shown).any()
    assert blank_pictures(np.full((2, 256, 256, 3), 7, dtype=np.uint8)).all()

import numpy as np

from evenhand.modalities.images.borders import frame_colours


def test_a_ring_of_one_colour_is_a_frame():
    rng = np.random.default_rng(0)
    shown = rng.integers(0, 255, (2, 16, 16, 3), dtype=np.uint8)
    shown[1, [0, -1]] = shown[1, :, [0, -1]] = (250, 10, 10)
    found = frame_colours(shown)
    assert found[0].tolist() == [0, -255, -255, -255]
    assert found[1].tolist() == [1, 250, 10, 10]

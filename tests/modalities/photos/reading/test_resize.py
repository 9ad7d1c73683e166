import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from evenhand.modalities.photos.reading.resize import cut, fill, padded, place, reduction
from evenhand.testing.pictures import scene

SIDES = st.integers(1, 5000)


@given(SIDES, SIDES, st.integers(16, 512), st.sampled_from(["crop", "squash", "pad"]))
def test_placings_stay_inside(width: int, height: int, size: int, fit: str) -> None:
    found = place(width, height, size, fit)
    left, top, right, bottom = found.box
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert 0 <= found.left <= found.left + found.width <= size
    assert 0 <= found.top <= found.top + found.height <= size
    if fit != "pad":
        assert (found.width, found.height) == (size, size)
    if fit == "crop":
        assert right - left == bottom - top == min(width, height)
        assert abs((left + right) - width) <= 1
        assert abs((top + bottom) - height) <= 1
    if fit == "pad":
        assert max(found.width, found.height) == size


def test_a_picture_of_the_right_size_is_cut_at_whole_pixels() -> None:
    pixels = scene(301, 224)
    out = cut(pixels, place(301, 224, 224, "crop"))
    assert out is not None
    np.testing.assert_array_equal(out, pixels[:, 38:262])
    assert cut(pixels, place(301, 224, 223, "crop")) is None


@pytest.mark.parametrize(
    ("width", "height", "size", "fit", "by"),
    [
        (4000, 3000, 224, "crop", 4),
        (4000, 3000, 224, "pad", 8),
        (4000, 3000, 224, "squash", 4),
        (896, 896, 224, "crop", 2),
        (895, 895, 224, "crop", 1),
        (100, 100, 224, "crop", 1),
        (9000, 9000, 224, "crop", 8),
    ],
)
def test_two_pixels_stay_for_each_one_wanted(width: int, height: int, size: int, fit: str, by: int) -> None:
    assert reduction(place(width, height, size, fit)) == by


def test_a_reduced_picture_is_cut_at_the_same_place() -> None:
    x = np.broadcast_to(np.arange(641)[None, :, None], (480, 641, 3))
    ramp = (x * 255 / 640).astype(np.uint8)
    whole = Image.fromarray(ramp)
    half = whole.resize((321, 240), Image.Resampling.BOX, box=(0, 0, 641, 480))
    placing = place(641, 480, 64, "crop")
    one = fill(whole, placing, 64, "white").astype(int)
    two = fill(half, placing, 64, "white", by=2).astype(int)
    assert np.abs(one - two).max() <= 2


@pytest.mark.parametrize(("ground", "value"), [("white", 255), ("grey", 128), ("black", 0)])
def test_padding_shows_the_ground(ground: str, value: int) -> None:
    out = fill(Image.fromarray(scene(60, 30)), place(60, 30, 40, "pad"), 40, ground)
    assert out.shape == (40, 40, 3)
    assert (out[:10] == value).all()
    assert (out[30:] == value).all()
    assert out[11, 5].tolist() == [255, 0, 0]


def test_what_fills_the_square_is_left_alone() -> None:
    pixels = scene(40, 40)
    assert padded(pixels, place(40, 40, 40, "pad"), 40, "white") is pixels

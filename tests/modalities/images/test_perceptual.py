"""Small pictures and what they are compared by."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.fft import dctn

from evenhand.modalities.images.perceptual import (
    GREY,
    SIDE,
    colours,
    contrast,
    details,
    normalised,
    small_pictures,
    waves,
)


def photos(n: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, height, width, 3), dtype=np.uint8)


def test_small_pictures_are_means_of_blocks() -> None:
    images = photos(40, 64, 96)
    expected = images.reshape(40, 32, 2, 32, 3, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(small_pictures(images), expected, atol=1e-3)
    np.testing.assert_allclose(small_pictures(images, np.array([7, 39])), expected[[7, 39]], atol=1e-3)


@given(st.integers(1, 80), st.integers(1, 80))
def test_of_any_size_the_mean_stays(height: int, width: int) -> None:
    images = photos(2, height, width)
    small = small_pictures(images)
    assert small.shape == (2, SIDE, SIDE, 3)
    np.testing.assert_allclose(small.mean(axis=(1, 2)), images.mean(axis=(1, 2)), atol=0.01)


def test_waves_are_the_cosine_transform_of_normalised_pictures() -> None:
    grey = small_pictures(photos(3, 32, 32)) @ GREY
    expected = dctn(normalised(grey).reshape(-1, SIDE, SIDE), axes=(1, 2), norm="ortho")[:, :16, :16]
    np.testing.assert_allclose(waves(grey), expected, atol=1e-5)
    assert abs(waves(grey)[:, 0, 0]).max() < 1e-5, "brightness does not count"


@given(gain=st.floats(0.2, 3), offset=st.floats(-50, 50))
def test_brightness_and_contrast_do_not_count(gain: float, offset: float) -> None:
    small = small_pictures(photos(2, 40, 40))
    changed = (small * gain + offset).astype(np.float32)
    np.testing.assert_allclose(waves(changed @ GREY), waves(small @ GREY), atol=2e-4)
    np.testing.assert_allclose(details(changed @ GREY), details(small @ GREY), atol=2e-4)
    np.testing.assert_allclose(colours(changed), colours(small), atol=5e-3)


def test_contrast_of_a_blank_picture_is_none() -> None:
    blank = np.full((1, 20, 20, 3), 77, np.uint8)
    assert contrast(small_pictures(blank) @ GREY)[0] == pytest.approx(0, abs=1e-3)
    assert np.isfinite(normalised(small_pictures(blank) @ GREY)).all()


def test_a_memory_map_is_read_and_stays_as_it_is(tmp_path: Path) -> None:
    images = photos(5, 48, 48)
    np.save(tmp_path / "a.npy", images)
    for mode in ("r", "c"):
        mapped = np.load(tmp_path / "a.npy", mmap_mode=mode)  # type: ignore[call-overload]
        if mode == "c":
            mapped[0] = 0
        np.testing.assert_allclose(small_pictures(mapped), small_pictures(np.array(mapped)))
        assert (np.asarray(mapped[0]) == (0 if mode == "c" else images[0])).all()

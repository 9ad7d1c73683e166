"""One small picture laid over another."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from evenhand.modalities.images.registration import overlay


def pictures(n: int, seed: int = 0) -> np.ndarray:
    """Return (n, 32, 32, 3) smooth random pictures, 0..255."""
    noise = np.random.default_rng(seed).normal(size=(n, 32, 32, 3))
    smooth = gaussian_filter(noise, (0, 2, 2, 0))
    return (128 + 60 * smooth / smooth.std()).astype(np.float32)


def seen(pictures: np.ndarray, scale: float, right: float, down: float) -> np.ndarray:
    """Return pictures seen through a window of another size and place, by cubic interpolation."""
    count = np.arange(32) - 15.5
    y, x = np.meshgrid(scale * count + down + 15.5, scale * count + right + 15.5, indexing="ij")
    channels = pictures.transpose(0, 3, 1, 2).reshape(-1, 32, 32)
    moved = np.stack([map_coordinates(channel, [y, x], order=3, mode="nearest") for channel in channels])
    return moved.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1).astype(np.float32)


@pytest.mark.parametrize(
    ("scale", "right", "down"), [(1, 0, 0), (0.95, 0.5, -0.5), (0.9, 0, 0), (1.05, 1, 0.5), (1, 2, -1.5)]
)
def test_scale_and_shift_are_found(scale: float, right: float, down: float) -> None:
    one = pictures(20)
    laid = overlay(one, seen(one, scale, right, down))
    assert np.median(abs(laid.scale - scale)) < 0.01
    assert np.median(laid.likeness) > 0.97
    assert np.median(laid.detail) > 0.9
    assert np.median(laid.colour) < 0.05


def test_brightness_and_contrast_do_not_count() -> None:
    one = pictures(20)
    dim = seen(one, 0.95, 0, 0) * 0.5 + 20
    np.testing.assert_allclose(overlay(one, dim).detail, overlay(one, seen(one, 0.95, 0, 0)).detail, atol=0.02)


def test_other_pictures_do_not_agree() -> None:
    laid = overlay(pictures(50), pictures(50, seed=1))
    assert laid.detail.max() < 0.6
    assert np.isfinite(laid.likeness).all()


def test_blank_pictures_agree_with_nothing() -> None:
    blank = np.full((3, 32, 32, 3), 200, np.float32)
    for one, other in [(blank, pictures(3)), (pictures(3), blank), (blank, blank)]:
        laid = overlay(one, other)
        assert np.isfinite(laid.scale).all()
        assert (abs(laid.detail) < 0.1).all()

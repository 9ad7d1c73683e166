import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from evenhand.modalities.photos.augmentations.jpeg import COSINES, degraded


def photo(height: int = 96, width: int = 128) -> torch.Tensor:
    """Return a smooth coloured picture with an edge, (3, h, w)."""
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    planes = [0.5 + 0.4 * np.sin(9 * x), 0.5 + 0.4 * np.cos(7 * y), np.where(x + y > 1, 0.8, 0.3)]
    return torch.from_numpy(np.stack(planes)).float()


def saved(picture: torch.Tensor, quality: int) -> torch.Tensor:
    """Return what Pillow's JPEG makes of a picture."""
    image = Image.fromarray((picture.permute(1, 2, 0) * 255).round().byte().numpy())
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality, subsampling=2)
    return torch.from_numpy(np.asarray(Image.open(held)).copy()).permute(2, 0, 1).float() / 255


@pytest.mark.parametrize("quality", [10, 30, 60, 90])
def test_it_is_near_to_what_a_real_jpeg_shows(quality: int) -> None:
    picture = photo()
    ours, theirs = degraded(picture, quality), saved(picture, quality)
    apart = (ours - theirs).pow(2).mean().sqrt()
    lost = (theirs - picture).pow(2).mean().sqrt()
    assert float(apart) < 0.6 * float(lost) + 0.004


def test_lower_quality_loses_more() -> None:
    picture = photo()
    lost = [float((degraded(picture, q) - picture).abs().mean()) for q in (95, 60, 30, 10)]
    assert lost == sorted(lost)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.floats(1, 100))
def test_any_size_and_quality_stays_a_picture(height: int, width: int, quality: float) -> None:
    out = degraded(torch.rand(3, height, width, generator=torch.Generator().manual_seed(0)), quality)
    assert out.shape == (3, height, width)
    assert 0 <= float(out.min()) <= float(out.max()) <= 1


def test_the_cosine_transform_keeps_lengths() -> None:
    assert torch.allclose(COSINES @ COSINES.T, torch.eye(8), atol=1e-6)

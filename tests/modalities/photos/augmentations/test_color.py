import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.modalities.photos.augmentations.color import FROM_YIQ, TO_YIQ, brightness_contrast, hue_saturation


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_brightness_and_contrast_are_one_line_per_row() -> None:
    batch = torch.rand(6, 3, 8, 8) * 0.2 + 0.4  # far from the ends, so that nothing is cut off
    out = brightness_contrast(batch, draws())
    for before, after in zip(batch, out, strict=True):
        factor = after.std() / before.std()
        assert 0.7 - 1e-3 <= float(factor) <= 1.3 + 1e-3
        assert torch.allclose(after - after.mean(), (before - before.mean()) * factor, atol=1e-4)
        assert abs(float(after.mean() - before.mean())) <= 0.2 + 1e-4


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_hue_leaves_grey_pictures_and_brightness_alone(seed: int) -> None:
    grey = torch.rand(3, 1, 6, 6, generator=draws(1)).expand(3, 3, 6, 6)
    assert torch.allclose(hue_saturation(grey, draws(seed)), grey, atol=1e-3)
    coloured = torch.rand(3, 3, 6, 6, generator=draws(2)) * 0.2 + 0.4
    light = TO_YIQ[0].view(1, 3, 1, 1)
    out = hue_saturation(coloured, draws(seed))
    assert torch.allclose((out * light).sum(1), (coloured * light).sum(1), atol=1e-3)


def test_hue_changes_colours() -> None:
    batch = torch.rand(8, 3, 6, 6)
    assert float((hue_saturation(batch, draws()) - batch).abs().mean()) > 0.01


def test_the_colour_plane_is_turned_and_back() -> None:
    assert torch.allclose(TO_YIQ @ FROM_YIQ, torch.eye(3), atol=1e-5)

from math import pi

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.modalities.photos.augmentations.geometry import (
    MOVEMENTS,
    crop,
    flip,
    flip_vertical,
    mirror,
    move,
    rotate,
    shift_scale,
    warp,
)


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ramp(height: int = 32, width: int = 48) -> torch.Tensor:
    """(4, 3, h, w) pictures whose colours say the place: red x, green y, blue both."""
    x = ((torch.arange(width) + 0.5) / width).expand(height, width)
    y = ((torch.arange(height) + 0.5) / height)[:, None].expand(height, width)
    return torch.stack([x, y, (x + y) / 2]).expand(4, 3, height, width).clone()


def places(picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return picture[:, 0], picture[:, 1]


def test_flips_are_exact_and_some_rows_only() -> None:
    batch = torch.rand(64, 3, 5, 7)
    for movement, dim in ((flip, 3), (flip_vertical, 2)):
        out = movement(batch, draws())
        turned = torch.tensor([torch.equal(o, b.flip(dim - 1)) for o, b in zip(out, batch, strict=True)])
        same = torch.tensor([torch.equal(o, b) for o, b in zip(out, batch, strict=True)])
        assert (turned ^ same).all()
        assert 16 < int(turned.sum()) < 48
    assert torch.equal(mirror(batch, draws()), batch.flip(3))


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 1.0))
def test_a_crop_shows_a_part_of_the_picture_and_nothing_else(seed: int, strength: float) -> None:
    maps = crop.maps(draws(seed), 8, 1.0, strength)
    wide, high, x, y = maps[:, 0, 0], maps[:, 1, 1], maps[:, 0, 2], maps[:, 1, 2]
    assert ((wide * high) >= 1 - strength * 0.65 - 1e-4).all()
    assert ((wide + x.abs()) <= 1 + 1e-5).all()
    assert ((high + y.abs()) <= 1 + 1e-5).all()
    assert (torch.maximum(wide / high, high / wide) <= 4 / 3 + 1e-4).all() or strength > 0.9


def test_what_is_seen_is_where_the_map_says() -> None:
    half = torch.diag(torch.tensor([0.5, 0.5, 1.0])).expand(4, 3, 3).clone()
    half[:, 0, 2] = -0.5  # the left half in width, the middle half in height
    x, y = places(warp(ramp(), half))
    assert float(x.min()) == pytest.approx(0.5 / 96, abs=0.02)
    assert float(x.max()) == pytest.approx(0.5, abs=0.02)
    assert float(y.min()) == pytest.approx(0.25, abs=0.02)


def test_a_turn_keeps_lengths_in_pixels_whatever_the_shape() -> None:
    height, width = 32, 48
    maps = rotate.maps(draws(), 200, height / width, 1.0)
    to_pixels = torch.diag(torch.tensor([width / 2, height / 2, 1.0]))
    turns = (to_pixels @ maps @ torch.linalg.inv(to_pixels))[:, :2, :2]
    assert torch.allclose(turns @ turns.transpose(1, 2), torch.eye(2).expand(200, 2, 2), atol=1e-5)
    angles = torch.atan2(turns[:, 1, 0], turns[:, 0, 0]) * 180 / pi
    assert float(angles.abs().max()) <= 15 + 1e-3
    assert float(angles.abs().max()) > 12


def test_shifts_and_scales_stay_within_their_limits() -> None:
    maps = shift_scale.maps(draws(), 500, 1.0, 1.0)
    assert float(maps[:, 0, 0].max()) <= 1.2 + 1e-4
    assert float(maps[:, 0, 0].min()) >= 1 / 1.2 - 1e-4
    assert float(maps[:, :2, 2].abs().max()) <= 0.2 + 1e-4


def test_several_movements_are_one_resampling() -> None:
    batch = ramp()
    steps = [(crop, 1.0), (flip, 1.0), (rotate, 1.0)]
    own = draws(3)
    maps = torch.eye(3)
    for movement, strength in steps:
        maps = movement.maps(own, 4, 32 / 48, strength) @ maps
    assert torch.equal(move(batch, steps, draws(3)), warp(batch, maps))


@pytest.mark.parametrize("movement", MOVEMENTS, ids=lambda movement: movement.name)
def test_a_picture_of_one_colour_stays_so(movement: object) -> None:
    batch = torch.full((4, 3, 9, 11), 0.25)
    assert torch.allclose(movement(batch, draws(), 1.0), batch, atol=1e-5)  # type: ignore[operator]

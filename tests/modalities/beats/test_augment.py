import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.modalities.beats.augment import AUGMENTATIONS, apply_profile, scale, shift, wander


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", ["scale", "wander", "jitter", "shift"])
def test_without_strength_nothing_changes(name: str) -> None:
    x = torch.randn(4, 2, 25)
    assert torch.allclose(AUGMENTATIONS.get(name)(x, draws(), 0.0), x)


@pytest.mark.parametrize("name", ["scale", "wander", "jitter", "shift"])
def test_rows_are_changed_each_in_its_own_way(name: str) -> None:
    x = torch.linspace(-1, 1, 100).expand(8, 1, 100).contiguous()
    out = AUGMENTATIONS.get(name)(x, draws(), 1.0)
    assert len(torch.unique(out, dim=0)) > 1


def test_scale_keeps_the_shape_of_a_beat() -> None:
    x = torch.rand(5, 2, 30) + 0.5
    ratio = scale(x, draws(), 1.0) / x
    assert torch.allclose(ratio, ratio[:, :1, :1].expand_as(ratio))
    assert ratio.log().abs().max() <= 0.25 + 1e-6


def test_wander_is_slow_and_low() -> None:
    moved = wander(torch.zeros(20, 1, 144), draws(), 1.0)
    assert moved.abs().max() <= 0.15
    assert moved.diff(dim=2).abs().max() < 0.011


def test_shift_moves_by_whole_samples_and_repeats_the_edge() -> None:
    x = torch.arange(100.0).expand(50, 1, 100).contiguous()
    by = (shift(x, draws(), 1.0) - x)[:, 0, 50]
    assert by.abs().max() <= 2
    assert torch.equal(by, by.round())
    assert len(by.unique()) > 2


def test_an_unknown_profile_is_said_with_those_there_are() -> None:
    with pytest.raises(ModelError, match="full"):
        apply_profile(torch.zeros(1, 1, 9), "geometry", draws())

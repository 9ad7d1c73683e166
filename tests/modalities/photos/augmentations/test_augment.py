import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import EvenhandError, ModelError
from evenhand.modalities.photos.augmentations.augment import AUGMENTATIONS, PROFILES, apply_profile

NAMES = AUGMENTATIONS.names()
RANDOM = [name for name in NAMES if name != "mirror"]


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def per_row(rows: range) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(row) for row in rows]


def pictures(rows: int = 12, height: int = 20, width: int = 28) -> torch.Tensor:
    return torch.rand(rows, 3, height, width, generator=torch.Generator().manual_seed(9))


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 10_000), strength=st.floats(0.0, 1.0), rows=st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_each_gives_pictures_again(name: str, seed: int, strength: float, rows: int) -> None:
    batch = pictures(rows)
    before = batch.clone()
    out = AUGMENTATIONS.get(name)(batch, draws(seed), strength)
    assert out.shape == batch.shape
    assert out.dtype == batch.dtype
    assert 0 <= float(out.min()) <= float(out.max()) <= 1
    assert torch.equal(batch, before)


@pytest.mark.parametrize("name", NAMES)
def test_strength_0_changes_nothing(name: str) -> None:
    batch = pictures()
    assert torch.equal(AUGMENTATIONS.get(name)(batch, draws(), 0.0), batch)
    assert torch.equal(apply_profile(batch, {name: 0.0}, draws()), batch)


@pytest.mark.parametrize("name", RANDOM)
def test_each_is_decided_by_its_generator_and_by_nothing_else(name: str) -> None:
    batch, augmentation = pictures(40), AUGMENTATIONS.get(name)
    torch.manual_seed(1)
    one = augmentation(batch, draws(3), 1.0)
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    assert torch.equal(one, augmentation(batch, draws(3), 1.0))
    assert torch.equal(before, torch.random.get_rng_state())
    assert not torch.equal(one, augmentation(batch, draws(4), 1.0))


@pytest.mark.parametrize("name", [*NAMES, *PROFILES])
def test_with_a_generator_per_row_neighbours_do_not_matter(name: str) -> None:
    batch = pictures(6)
    profile = {name: 1.0} if name in NAMES else name
    together = apply_profile(batch, profile, per_row(range(6)))
    apart = [apply_profile(batch[a : a + 2], profile, per_row(range(a, a + 2))) for a in (0, 2, 4)]
    assert torch.allclose(together, torch.cat(apart), atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_layouts_do_not_matter(name: str) -> None:
    batch = pictures()
    last = batch.contiguous(memory_format=torch.channels_last)
    augmentation = AUGMENTATIONS.get(name)
    assert torch.allclose(augmentation(batch, draws(), 1.0), augmentation(last, draws(), 1.0), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_16_bits_stay_16_bits(name: str) -> None:
    batch = pictures().bfloat16()
    out = AUGMENTATIONS.get(name)(batch, draws(), 1.0)
    assert out.dtype == torch.bfloat16
    assert 0 <= float(out.min()) <= float(out.max()) <= 1


def test_the_profiles_are_the_four_that_were_promised_and_the_mirror() -> None:
    assert set(PROFILES) == {"none", "mirror", "geometry", "no_color", "full"}
    batch = pictures()
    assert torch.equal(apply_profile(batch, "none", draws()), batch)
    assert torch.equal(apply_profile(batch, "mirror", draws()), batch.flip(3))
    assert "hue_saturation" not in PROFILES["no_color"]
    assert set(PROFILES["full"]) - set(PROFILES["no_color"]) == {"hue_saturation"}


def test_a_profile_leaves_the_batch_it_is_given_alone() -> None:
    for profile in (*PROFILES, {"noise": 1.0, "erase": 1.0}):
        batch = pictures()
        before = batch.clone()
        apply_profile(batch, profile, draws())
        assert torch.equal(batch, before)


def test_a_grey_picture_keeps_its_colours_without_hue() -> None:
    grey = pictures()[:, :1].expand(-1, 3, -1, -1)
    out = apply_profile(grey, {name: x for name, x in PROFILES["no_color"].items() if name != "noise"}, draws())
    assert float((out - out.mean(1, keepdim=True)).abs().max()) < 0.02


def test_wrong_names_are_answered() -> None:
    with pytest.raises(ModelError, match='no profile of augmentations named "geometri".*Did you mean "geometry"'):
        apply_profile(pictures(), "geometri", draws())
    with pytest.raises(EvenhandError, match='no augmentation named "flipp".*Did you mean "flip"'):
        apply_profile(pictures(), {"flipp": 1.0}, draws())

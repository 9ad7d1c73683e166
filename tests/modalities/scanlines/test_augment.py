"""Augmentations of scan lines: what they change, what they keep, and that nothing depends on the padding."""

import numpy as np
import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.modalities.scanlines.augment import AUGMENTATIONS, apply_profile
from evenhand.modalities.scanlines.profiles import PROFILES

NAMES = ("flip", "noise", "offset", "slope", "drop", "splice")


def batch(lengths: tuple[int, ...] = (24, 16, 9, 24), *, padded: int = 24, width: int = 20) -> dict:
    draws = torch.Generator().manual_seed(5)
    mask = torch.arange(padded) < torch.tensor(lengths)[:, None]
    held = mask[:, :, None, None]
    return {
        "lines": torch.randn(len(lengths), 24, 2, width, generator=draws)[:, :padded] * held,
        "mask": mask,
        "pixels": held.expand(-1, -1, 2, width).clone(),
        "steps": torch.randn(len(lengths), 24, 2, 2, generator=draws)[:, :padded] * held,
    }


def own(seeds: tuple[int, ...]) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def test_every_augmentation_is_in_a_profile() -> None:
    assert set(AUGMENTATIONS.names()) == set(NAMES) == {name for profile in PROFILES.values() for name in profile}


@pytest.mark.parametrize("name", NAMES)
def test_no_strength_changes_nothing(name: str) -> None:
    before = batch()
    after = AUGMENTATIONS.get(name)(before, torch.Generator().manual_seed(0), 0.0)
    for part, value in before.items():
        assert torch.equal(after[part], value), part


@pytest.mark.parametrize("profile", PROFILES)
def test_shapes_and_padding_stay_and_the_input_is_not_modified(profile: str) -> None:
    before, same = batch(), batch()
    after = apply_profile(before, profile, torch.Generator().manual_seed(0))
    assert set(after) == set(before)
    for part, value in before.items():
        assert torch.equal(value, same[part])
        assert (after[part].shape, after[part].dtype) == (value.shape, value.dtype)
    assert not after["lines"][~before["mask"]].any()
    assert not after["mask"][~before["mask"]].any()
    assert after["mask"].any(dim=1).all(), "a line always stays"
    assert (profile == "none") == torch.equal(after["lines"], before["lines"])


@pytest.mark.parametrize("profile", PROFILES)
def test_a_row_does_not_depend_on_the_others_nor_on_the_padding(profile: str) -> None:
    whole = apply_profile(batch(), profile, own((1, 2, 3, 4)))
    part = {name: value[1:3] for name, value in batch(padded=16).items()}
    alone = apply_profile(part, profile, own((2, 3)))
    for name, value in alone.items():
        assert torch.equal(value, whole[name][1:3, :16]), name


def test_flips_mirror_half_of_the_scans_and_no_line_moves() -> None:
    before = batch((24,) * 400)
    after = AUGMENTATIONS.get("flip")(before, torch.Generator().manual_seed(0), 1.0)
    mirrored = (after["lines"] == before["lines"].flip(3)).flatten(1).all(dim=1)
    kept = (after["lines"] == before["lines"]).flatten(1).all(dim=1)
    assert (mirrored ^ kept).all()
    assert 0.4 < mirrored.float().mean() < 0.6


@pytest.mark.parametrize(("name", "same_along"), [("offset", True), ("slope", False)])
def test_lines_are_moved_and_tilted_each_by_itself(name: str, same_along: bool) -> None:
    before = batch()
    change = AUGMENTATIONS.get(name)(before, torch.Generator().manual_seed(0), 1.0)["lines"] - before["lines"]
    line = change[0, :, 0]
    along = line.diff(dim=1) if same_along else line.diff(n=2, dim=1)
    assert along.abs().max() < 1e-5
    assert torch.allclose(change[0, :, 0], change[0, :, 1], atol=1e-5), "both directions alike"
    assert len(torch.unique(line[:, -1].round(decimals=5))) == 24


def test_dropped_lines_count_as_not_scanned() -> None:
    before = batch((24,) * 50)
    after = AUGMENTATIONS.get("drop")(before, torch.Generator().manual_seed(0), 1.0)
    gone = ~after["mask"]
    assert 0.03 < gone.float().mean() < 0.12
    assert not after["lines"][gone].any()
    assert not after["pixels"][gone].any()
    assert torch.equal(after["lines"][after["mask"]], before["lines"][after["mask"]])


def test_a_splice_moves_the_picture_from_one_line_on() -> None:
    before = batch((24,) * 100)
    after = AUGMENTATIONS.get("splice")(before, torch.Generator().manual_seed(0), 1.0)
    changed = (after["lines"] != before["lines"]).flatten(2).any(dim=2)
    assert (changed.int().diff(dim=1) >= 0).all(), "all lines after the first changed one"
    assert 0.35 < changed[:, -1].float().mean() < 0.65
    firsts = changed.int().argmax(dim=1)[changed[:, -1]]
    assert len(firsts.unique()) > 10


def test_unknown_profiles_are_named() -> None:
    with pytest.raises(ModelError, match='no profile of augmentations for scan lines "gentel"|"gentle"'):
        apply_profile(batch(), "gentel", torch.Generator())


def test_noise_grows_with_its_strength() -> None:
    before = batch((24,) * 200)
    levels = [
        float(
            np.std(
                (
                    AUGMENTATIONS.get("noise")(before, torch.Generator().manual_seed(0), s)["lines"]
                    - before["lines"]
                ).numpy()
            )
        )
        for s in (0.5, 1.0)
    ]
    assert levels[1] == pytest.approx(2 * levels[0], rel=0.05)
    assert levels[1] == pytest.approx(0.3 / 3**0.5, rel=0.1)

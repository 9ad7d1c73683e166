"""Profiles on whole batches, as devices other than the processor get them, run here on the processor."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from evenhand.modalities.photos.augmentations.augment import AUGMENTATIONS, PROFILES, apply_profile
from evenhand.modalities.photos.augmentations.whole_batch import apply_at_once, drawn_at_once

NAMES = AUGMENTATIONS.names()


def steps(profile: dict[str, float]) -> list[tuple[object, float]]:
    return [(AUGMENTATIONS.get(name), strength) for name, strength in profile.items() if strength > 0]


def pictures(rows: int, height: int, width: int) -> torch.Tensor:
    smooth = torch.rand(rows, 3, 5, 7, generator=torch.Generator().manual_seed(3))
    return torch.nn.functional.interpolate(smooth, (height, width), mode="bicubic").clamp(0, 1)


class Kernels(TorchDispatchMode):
    """Counts operations that would be kernels: all but views."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        if not func.is_view and not {"empty", "_unsafe_view"} & set(str(func).split(".")):
            self.names.append(str(func))
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize(
    "profile", [*({name: 0.7} for name in NAMES), PROFILES["no_color"], PROFILES["full"]], ids=str
)
@pytest.mark.parametrize(("height", "width"), [(48, 64), (37, 29)])
def test_all_at_once_is_what_one_at_a_time_gives(profile, height: int, width: int) -> None:
    batch = pictures(24, height, width)
    before = batch.clone()
    for seed in (0, 1):
        alone = apply_profile(batch, profile, torch.Generator().manual_seed(seed))
        found = apply_at_once(batch, steps(profile), torch.Generator().manual_seed(seed))
        assert found.dtype == alone.dtype
        # Where a coefficient lies between two steps of a JPEG, the last bit of a sum decides: a few blocks at most.
        far = ((found - alone).abs() > 1e-5).float().mean()
        assert far <= (2e-3 if "jpeg" in profile else 0)
    assert torch.equal(batch, before)


def test_a_generator_per_row_and_16_bits() -> None:
    batch = pictures(6, 32, 32)
    each = [torch.Generator().manual_seed(row) for row in range(6)]
    found = apply_at_once(batch.bfloat16(), steps(PROFILES["full"]), each)
    assert found.dtype == torch.bfloat16
    assert 0 <= float(found.min()) <= float(found.max()) <= 1


def test_an_augmentation_of_another_package_stands_in_its_place() -> None:
    def dark(batch: torch.Tensor, draws: object, strength: float) -> torch.Tensor:
        return batch * 0

    chosen = [*steps({"flip": 1.0}), (dark, 1.0), *steps({"brightness_contrast": 1.0})]
    draws = torch.Generator().manual_seed(0)
    assert drawn_at_once((4, 3, 16, 16), chosen, draws) is None
    out = apply_at_once(pictures(4, 16, 16), chosen, draws)
    assert out.flatten(1).std(1).max() < 1e-6
    assert out.std() > 0  # brightness came after it


@pytest.mark.parametrize("profile", ["no_color", "full"])
def test_a_batch_takes_few_operations_whatever_its_size(profile: str) -> None:
    counts = []
    for rows in (8, 64, 8, 64):  # what is made once for a size is there the second time
        batch = pictures(rows, 32, 32)
        drawn = drawn_at_once((rows, 3, 32, 32), steps(PROFILES[profile]), torch.Generator().manual_seed(0))
        with Kernels() as kernels:  # the parameters are made on the processor
            drawn.apply(batch, drawn.numbers)
        counts.append(len(kernels.names))
    assert counts[2] == counts[3] <= 60

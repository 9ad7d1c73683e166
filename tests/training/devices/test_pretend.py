"""The pretend device itself: it finds what it is there to find."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from .pretend import has_channels_last, watched


@pytest.fixture
def numbers(pretend: torch.device) -> Tensor:
    return torch.arange(6.0).view(2, 3).to(pretend)


def test_numbers_shapes_and_strides_are_real(numbers: Tensor) -> None:
    row = numbers[1]
    row.mul_(2)  # a view of the same memory
    assert numbers.cpu().tolist() == [[0, 1, 2], [6, 8, 10]]
    assert (row.storage_offset(), numbers.t().stride()) == (3, (1, 3))
    assert copy.deepcopy(row).cpu().tolist() == [6, 8, 10]
    maps = torch.rand(2, 3, 4, 4).to(numbers.device).contiguous(memory_format=torch.channels_last)
    assert has_channels_last(maps * 2)


def test_gradients_flow(numbers: Tensor) -> None:
    numbers.requires_grad_()
    doubled = numbers * 2
    doubled[:, 1:].mul_(3)
    doubled.sum().backward()
    assert numbers.grad is not None
    assert numbers.grad.cpu().tolist() == [[2, 6, 6], [2, 6, 6]]


@pytest.mark.parametrize("use", [Tensor.double, lambda x: torch.ones(1, dtype=torch.float64, device=x.device)])
def test_float64_is_refused(use: Callable[[Tensor], Tensor], numbers: Tensor) -> None:
    with pytest.raises(TypeError, match="float64 on a device that, like Apple GPUs, does not have it"):
        use(numbers)


@pytest.mark.parametrize("use", [lambda x: x + torch.ones(3), lambda x: x[torch.tensor([0])]])
def test_tensors_of_two_devices_are_refused(use: Callable[[Tensor], Tensor], numbers: Tensor) -> None:
    with pytest.raises(RuntimeError, match=r"(?i)on the cpu among|same device"):
        use(numbers)


@pytest.mark.parametrize(
    "use",
    [
        lambda x: float(x.sum()),
        lambda x: x.nonzero(),
        lambda x: x[x > 2],
        lambda x: x.cpu(),
        lambda x: bool((x > 2).any()),
        lambda x: torch.bincount(x[0].long()),
        lambda x: torch.repeat_interleave(x[0].long()),
    ],
)
def test_reading_back_is_noted(use: Callable[[Tensor], object], numbers: Tensor) -> None:
    with watched() as calls:
        use(numbers)
    assert calls.reads


def test_setting_by_booleans_is_noted_and_choosing_by_numbers_is_not_read(numbers: Tensor) -> None:
    chosen = torch.tensor([1]).to(numbers.device)
    with watched() as calls:
        numbers[chosen] = 0.0
        torch.where(numbers > 2, numbers, 0.0)
    assert not calls.reads
    with watched() as calls:
        numbers[numbers > 2] = torch.zeros((), device=numbers.device)
    assert calls.reads


def test_copies_to_it_are_noted(pretend: torch.device) -> None:
    with watched() as calls:
        torch.ones(2, 3).to(pretend) + 1
    assert (calls.copies, calls.kernels) == (["copy of (2, 3) torch.float32"], ["add"])

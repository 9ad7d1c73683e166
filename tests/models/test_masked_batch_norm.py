"""Batch normalisation with a mask beside torch's own layer on the numbers that are seen."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from evenhand.models.heads.modules.scale import Standardise
from evenhand.models.masked_batch_norm import masked_batch_norm


def lines(share: float) -> tuple[Tensor, Tensor]:
    """(b, d, l, w) maps, and (b, 1, l, 1) which lines are seen."""
    draws = torch.Generator().manual_seed(0)
    return torch.randn(3, 4, 7, 5, generator=draws) * 3 + 2, torch.rand(3, 1, 7, 1, generator=draws) < share


def chosen(x: Tensor, seen: Tensor) -> Tensor:
    """Return (1, d, n, 1) the numbers that are seen."""
    return x.transpose(0, 1)[:, seen.expand_as(x)[:, 0]][None, ..., None]


@pytest.mark.parametrize("share", [0.6, 1.0])
@pytest.mark.parametrize("momentum", [0.1, 0.0, None])
@pytest.mark.parametrize("affine", [True, False])
def test_it_is_the_layer_of_torch_on_what_is_seen(share: float, momentum: float | None, affine: bool) -> None:
    x, seen = lines(share)
    own, plain = (nn.BatchNorm2d(4, momentum=momentum, affine=affine) for _ in range(2))
    for layer in (own, plain):
        if affine:
            nn.init.uniform_(layer.weight, 0.5, 2.0, generator=torch.Generator().manual_seed(1))
            nn.init.uniform_(layer.bias, -1.0, 1.0, generator=torch.Generator().manual_seed(2))
    here, there = (x.clone().requires_grad_() for _ in range(2))
    for number in range(2):  # running statistics are not those of the beginning
        found, expected = masked_batch_norm(own, here + number, seen), plain(chosen(there + number, seen))
    torch.testing.assert_close(chosen(found, seen), expected, rtol=1e-5, atol=1e-5)
    assert not found[~seen.expand_as(x)].any()
    for name, held in plain.named_buffers():
        torch.testing.assert_close(dict(own.named_buffers())[name], held, rtol=1e-5, atol=1e-6)
    towards = torch.randn(found.shape, generator=torch.Generator().manual_seed(3))
    (found * towards).sum().backward()
    (expected * chosen(towards, seen)).sum().backward()
    torch.testing.assert_close(here.grad, there.grad, rtol=1e-4, atol=1e-5)
    for (name, one), other in zip(own.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-4, atol=1e-4, msg=name)


@pytest.mark.parametrize("rows", [1, 6])
@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("training", [True, False])
def test_parts_are_normalised_as_on_the_processor(rows: int, missing: bool, training: bool) -> None:
    x = torch.randn(rows, 5, generator=torch.Generator().manual_seed(0)) + 1
    if missing:
        x[0, :2] = 0.0
        x[2:5, 2:] = 0.0
    there, here = (Standardise(5, [2, 3]).train(training) for _ in range(2))
    torch.testing.assert_close(there._masked(x), here(x), rtol=1e-5, atol=1e-6)
    for name in ("running_mean", "running_var"):
        torch.testing.assert_close(getattr(there, name), getattr(here, name), rtol=1e-5, atol=1e-6)


def test_a_part_of_no_row_or_of_one_leaves_the_running_statistics() -> None:
    x = torch.randn(4, 5)
    x[:, :2] = 0.0
    x[1:, 2:] = 0.0
    layer = Standardise(5, [2, 3])
    found = layer._masked(x)
    assert torch.equal(layer.running_mean, torch.zeros(5))
    assert torch.equal(layer.running_var, torch.ones(5))
    torch.testing.assert_close(found, x / (1 + layer.eps) ** 0.5)


def test_maps_of_16_bits_stay_so() -> None:
    x, seen = lines(0.5)
    found = masked_batch_norm(nn.BatchNorm2d(4), x.bfloat16(), seen)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), masked_batch_norm(nn.BatchNorm2d(4), x, seen), rtol=0.02, atol=0.02)

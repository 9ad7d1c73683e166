from math import inf
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.models.acceleration import fused_conv as room
from evenhand.models.acceleration.fused_conv import Convolve, clamp_of, convolve

FORMS = [  # (channels in, out, groups, kernel, stride, padding, dilation, clamp)
    (4, 6, 1, 1, 1, 0, 1, (0.0, 6.0)),
    (4, 6, 1, 3, 2, 1, 1, (0.0, inf)),
    (4, 4, 4, 3, 1, 1, 1, None),
    (4, 4, 4, 5, 2, 2, 1, (0.0, 6.0)),
    (4, 4, 4, 4, 2, 2, 1, (-0.5, 0.5)),
    (4, 4, 4, 3, 3, 0, 1, None),
    (4, 4, 4, 3, 1, 2, 2, (0.0, inf)),
    (4, 6, 2, 3, 1, 1, 1, (0.0, 6.0)),
]


def plain(x: Tensor, weight: Tensor, bias: Tensor, form: Any) -> Tensor:
    *_, groups, _, stride, padding, dilation, clamp = form
    out = functional.conv2d(x, weight, bias, stride, padding, dilation, groups)
    return out if clamp is None else out.clamp(*clamp)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("trained", [True, False])
@pytest.mark.parametrize("joins", [True, False])
def test_value_and_gradients_are_those_of_the_plain_operations(
    form: Any, trained: bool, joins: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not joins:
        monkeypatch.setattr(room, "joins", lambda device: False)
    ins, outs, groups, kernel, stride, padding, dilation, clamp = form
    chance = torch.Generator().manual_seed(0)
    x = torch.randn(2, ins, 9, 10, generator=chance).requires_grad_()
    weight = torch.randn(outs, ins // groups, kernel, kernel, generator=chance).requires_grad_(trained)
    bias = torch.randn(outs, generator=chance).requires_grad_(trained)
    wanted = [t for t in (x, weight, bias) if t.requires_grad]

    truth = plain(x, weight, bias, (ins, outs, groups, kernel, stride, padding, dilation, clamp))
    shape = ([stride] * 2, [padding] * 2, [dilation] * 2, groups, clamp)
    found: Tensor = Convolve.apply(x, weight, bias, *shape)
    pull = torch.randn(truth.shape, generator=chance)
    assert torch.allclose(found, truth, atol=1e-5)
    assert torch.allclose(convolve(x.detach(), weight.detach(), bias.detach(), *shape), truth, atol=1e-5)
    for one, other in zip(
        torch.autograd.grad(found, wanted, pull), torch.autograd.grad(truth, wanted, pull), strict=True
    ):
        assert torch.allclose(one, other, atol=1e-4)


def test_clamps_are_known_by_their_activation() -> None:
    assert clamp_of(nn.ReLU6()) == (0.0, 6.0)
    assert clamp_of(nn.ReLU()) == (0.0, inf)
    assert clamp_of(nn.SiLU()) is None

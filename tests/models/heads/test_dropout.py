"""Dropout of heads."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.models.heads.modules.dropout import Dropout


@given(p=st.floats(0.01, 0.99), seed=st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_the_share_that_is_dropped_and_the_mean_that_is_kept(p: float, seed: int) -> None:
    torch.manual_seed(seed)
    out = Dropout(p).train()(torch.ones(200, 501))
    deviation = (p * (1 - p) / out.numel()) ** 0.5
    assert float((out == 0).float().mean()) == pytest.approx(p, abs=6 * deviation + 2**-16)
    assert float(out.mean()) == pytest.approx(1.0, abs=6 * deviation / (1 - p))
    kept = (out != 0).float()
    # neighbours come from one draw of 64 bits: they must not know of each other
    together = float((kept[:, 1:] * kept[:, :-1]).mean())
    assert together == pytest.approx((1 - p) ** 2, abs=8 * deviation)


def test_what_is_dropped_has_no_gradient_and_the_rest_its_scale() -> None:
    x = torch.randn(7, 5, requires_grad=True)
    out = Dropout(0.5).train()(x)
    out.sum().backward()
    assert x.grad is not None
    assert torch.equal(x.grad, torch.where(out == 0, 0.0, 2.0))


@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (3, 5, 2)])
def test_any_shape(shape: tuple[int, ...]) -> None:
    assert Dropout(0.5).train()(torch.ones(shape)).shape == shape


def test_nothing_is_drawn_without_dropout_or_in_evaluation() -> None:
    x = torch.randn(3, 4)
    before = torch.get_rng_state()
    assert torch.equal(Dropout(0.0).train()(x), x)
    assert torch.equal(Dropout(0.5).eval()(x), x)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_same_generator_gives_the_same_masks_and_half_precision_stays() -> None:
    x = torch.randn(5, 9)
    torch.manual_seed(3)
    first = Dropout(0.4).train()(x)
    torch.manual_seed(3)
    assert torch.equal(Dropout(0.4).train()(x), first)
    assert Dropout(0.4).train()(x.bfloat16()).dtype == torch.bfloat16

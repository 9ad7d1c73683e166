"""Softmax within blocks as logits of sigmoids."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.heads.modules.scaled_head import build_head
from evenhand.models.heads.modules.softmax_blocks import SoftmaxBlocks, logsumexp_of_others


@settings(deadline=None)
@given(arrays.arrays(np.float64, (3, 6), elements=st.floats(-500, 500)))
def test_sigmoids_of_a_block_are_its_softmax(z: np.ndarray) -> None:
    logits = torch.from_numpy(z)
    out = SoftmaxBlocks([[4, 0], [1, 2, 5]])(logits)
    for block in ([4, 0], [1, 2, 5]):
        assert torch.allclose(out[:, block].sigmoid(), logits[:, block].softmax(dim=1), atol=1e-12)
        assert torch.allclose(out[:, block].sigmoid().sum(dim=1), torch.ones(3).double())
    assert torch.equal(out[:, 3], logits[:, 3])
    assert torch.equal(logits, torch.from_numpy(z))


def test_a_class_that_is_nearly_certain_keeps_its_digits() -> None:
    # 1 - p is exp(-90), which no difference of sums would show
    out = SoftmaxBlocks([[0, 1, 2]])(torch.tensor([[90.0, 0.0, -5.0]]))
    assert out.tolist()[0] == pytest.approx([90 - np.log1p(np.exp(-5)), -90.0, -95.0], abs=1e-5)
    assert SoftmaxBlocks([[0, 1]])(torch.tensor([[3.0, 1.0]], dtype=torch.bfloat16)).dtype == torch.float32


@pytest.mark.parametrize("m", [2, 3, 7])
def test_gradients_are_those_of_differences(m: int) -> None:
    z = torch.randn(4, m, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(logsumexp_of_others, (z,))
    far = torch.tensor([[0.0, 80.0, -80.0, 80.0]], requires_grad=True)
    logsumexp_of_others(far).sum().backward()
    assert torch.isfinite(far.grad).all()


def test_a_head_ends_in_blocks_where_classes_exclude_each_other(model: Callable[..., ModelConfig]) -> None:
    sized = SizedModel.model_validate({**model(head="mlp", head_width=4).model_dump(), "exclusive": [[0, 2, 3]]})
    x = torch.randn(5, 6)
    plain, head = build_head(model(head="mlp", head_width=4), 6, 4, 0).eval(), build_head(sized, 6, 4, 0).eval()
    assert torch.allclose(head(x)[:, [0, 2, 3]].sigmoid().sum(dim=1), torch.ones(5))
    assert torch.equal(head(x)[:, 1], plain(x)[:, 1])
    assert head.state_dict().keys() == plain.state_dict().keys()

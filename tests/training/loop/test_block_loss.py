"""Cross-entropy within blocks of classes that exclude each other."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.named_choice import section_of
from evenhand.models.heads.modules.softmax_blocks import SoftmaxBlocks
from evenhand.training.inputs.targets import without_unknown
from evenhand.training.loop.block_loss import with_blocks

BLOCKS = [[0, 2, 3]]
TARGETS = torch.tensor([[1.0, 1, 0, 0, 0], [0, 0, 0, 1, 1], [0, 1, 1, 0, 1]])


def losses(name: str = "cross_entropy", weights: np.ndarray | None = None):
    weights = np.ones(5) if weights is None else weights
    plain = section_of(LOSSES, name).build(ClassNames(np.full(5, 9.0), weights, multi_label=True))
    return plain, with_blocks(plain, BLOCKS, weights)


def logits() -> torch.Tensor:
    return torch.randn(3, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64).requires_grad_()


def test_it_is_cross_entropy_within_and_binary_cross_entropy_elsewhere() -> None:
    z = logits()
    _, loss = losses()
    found = loss(SoftmaxBlocks(BLOCKS)(z), TARGETS, "none")
    within = functional.cross_entropy(z[:, BLOCKS[0]], torch.tensor([0, 2, 1]), reduction="none")
    others = functional.binary_cross_entropy_with_logits(
        z[:, [1, 4]], TARGETS[:, [1, 4]].double(), reduction="none"
    )
    assert torch.allclose(found, (within + others.sum(dim=1)) / 5, atol=1e-6)
    mean = loss(SoftmaxBlocks(BLOCKS)(z), TARGETS, "mean")
    assert mean.item() == pytest.approx(found.mean().item())


@pytest.mark.parametrize("name", ["cross_entropy", "focal", "asymmetric"])
def test_other_classes_have_the_loss_that_they_had(name: str) -> None:
    plain, loss = losses(name)
    z, y = logits().float(), TARGETS.clone()
    y[:, BLOCKS[0]] = 0
    absent = z.detach().clone()
    absent[:, BLOCKS[0]] = -30.0
    assert torch.allclose(loss(z, y, "none"), plain(absent, y, "none"), atol=1e-6)


def test_what_is_not_known_teaches_nothing() -> None:
    _, loss = losses()
    unknown = TARGETS.clone()
    unknown[0, [0, 2, 3]] = torch.nan
    unknown[1, 0] = torch.nan  # the class that holds is known: all of the block is
    unknown[2, 2] = torch.nan  # some that do not hold are known: which holds is not
    z = logits()
    found = loss(*without_unknown(SoftmaxBlocks(BLOCKS)(z), unknown), "none")
    (gradient,) = torch.autograd.grad(found.sum(), z)
    assert torch.isfinite(gradient).all()
    assert bool((gradient[[0, 2]][:, BLOCKS[0]] == 0).all())
    assert float(gradient[1, BLOCKS[0]].abs().sum()) > 0


def test_shares_of_one_block_of_all_classes_are_learned_by_the_cross_entropy_of_a_softmax() -> None:
    everything = [[0, 1, 2, 3, 4]]
    plain = section_of(LOSSES, "cross_entropy").build(ClassNames(np.full(5, 9.0), np.ones(5), multi_label=True))
    loss = with_blocks(plain, everything, np.ones(5))
    shares = torch.tensor([[0.5, 0.5, 0, 0, 0], [0.4, 0.3, 0.2, 0.1, 0], [0, 0, 1, 0, 0]], dtype=torch.float64)
    z, same = logits(), logits()
    found = loss(SoftmaxBlocks(everything)(z), shares, "none")
    expected = functional.cross_entropy(same, shares, reduction="none") / 5
    assert found.tolist() == pytest.approx(expected.tolist(), abs=1e-9)
    (found_gradient,), (gradient,) = torch.autograd.grad(found.sum(), z), torch.autograd.grad(expected.sum(), same)
    assert torch.allclose(found_gradient, gradient, atol=1e-9)


def test_weights_multiply_the_classes_of_a_block_too() -> None:
    weights = np.array([2.0, 1, 1, 3, 1])
    (_, even), (_, uneven) = losses(), losses(weights=weights)
    z, y = SoftmaxBlocks(BLOCKS)(logits()).float(), TARGETS.clone()
    y[:, [1, 4]] = 0
    ratio = (uneven(z, y, "none") - even(z, y, "none")) * 5
    within = functional.cross_entropy(logits()[:, BLOCKS[0]], torch.tensor([0, 2, 1]), reduction="none")
    assert ratio.tolist() == pytest.approx((within * torch.tensor([1.0, 2.0, 0.0])).tolist(), abs=1e-5)

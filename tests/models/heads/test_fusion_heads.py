"""Heads that join the parts of features: hadamard and gated."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig
from evenhand.models.heads.modules.hadamard import decomposed
from evenhand.models.heads.modules.scaled_head import ScaledHead, build_head

HeadOf = Callable[..., ScaledHead]
FUSIONS = [("hadamard", {"width": 6}), ("hadamard", {"width": 6, "decompose": False}), ("gated", {"width": 6})]


def features(n: int = 12, d: int = 5) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(("head", "options"), FUSIONS)
def test_every_parameter_learns_and_every_row_gets_logits(head: str, options: dict, head_of: HeadOf) -> None:
    x = features()
    x[:3, 3:] = 0
    x[3:6, :3] = 0
    built = head_of(head, head_options=options).train()
    logits = built(x)
    assert logits.shape == (12, 4)
    logits.square().sum().backward()
    assert all(p.grad is not None and bool(torch.isfinite(p.grad).all()) for p in built.parameters())
    assert all(float(p.grad.abs().sum()) > 0 for p in built.parameters() if p.grad is not None)
    assert built.embedding(x).shape == (12, 8)


@pytest.mark.parametrize(("head", "options"), FUSIONS)
def test_what_is_missing_in_a_row_does_not_depend_on_other_rows(head: str, options: dict, head_of: HeadOf) -> None:
    x = features()
    x[::2, 3:] = 0
    built = head_of(head, head_options=options)
    built.train()(x)
    built.eval()
    assert torch.allclose(built(x)[::2], built(x[::2]), atol=1e-6)
    assert torch.isfinite(built(torch.zeros(2, 5))).all()


@pytest.mark.parametrize(("head", "options"), FUSIONS)
def test_gradients_are_those_of_differences(head: str, options: dict, head_of: HeadOf) -> None:
    built = head_of(head, head_options=options, normalise="none").double().eval()
    x = features(3).double()
    x[0, 3:] = 0
    here = (x != 0).double()
    moved = x.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda z: built(z * here), (moved,))


@pytest.mark.parametrize(("head", "options"), FUSIONS)
def test_undivided_features_are_refused_in_words(
    head: str, options: dict, head_of: HeadOf, model: Callable[..., ModelConfig]
) -> None:
    with pytest.raises(ModelError, match=f'head = "{head}" joins the parts.*"tiny" are one. Use head = "mlp"'):
        build_head(model(head=head, head_options=options), 5, 2, 0)
    with pytest.raises(ModelError, match="joins the parts"):
        head_of(head, head_options=options, parts={"image": 5})


@settings(deadline=None)
@given(st.floats(1e-2, 1e2))
def test_a_direction_has_no_length_and_the_length_is_its_logarithm(factor: float) -> None:
    x = features(4).double()
    (one, size), (other, larger) = decomposed(x), decomposed(x * factor)
    assert torch.allclose(one, other, atol=1e-6)
    assert torch.allclose(larger - size, torch.tensor(factor).double().log(), atol=1e-6)
    assert torch.allclose(one.square().mean(dim=1), torch.ones(4).double(), atol=1e-6)


def test_a_missing_half_is_the_factor_one_at_first(head_of: HeadOf) -> None:
    x = features()
    built = head_of("hadamard", normalise="none").eval()
    fused, alone = built[1].fused, x.clone()
    alone[:, 3:] = 0
    assert torch.allclose(fused(alone), built[1]._factor(0, x[:, :3]))


def test_gates_add_up_to_one_and_are_shut_where_a_half_is_missing(head_of: HeadOf) -> None:
    gated, x = head_of("gated", normalise="none")[1], features()
    here = torch.tensor([[True, True], [True, False], [False, True], [False, False]] * 3)
    gates = gated.gates(x, here)
    assert torch.allclose(gates.sum(dim=1), torch.ones(12, 256))
    assert bool((gates[1::4, 1] == 0).all())
    assert bool((gates[2::4, 0] == 0).all())


def test_three_parts_are_joined_as_well(head_of: HeadOf) -> None:
    for head in ("hadamard", "gated"):
        built = head_of(head, parts={"image": 2, "title": 2, "text": 1})
        assert built(features()).shape == (12, 4)


def test_a_product_learns_what_no_sum_can(head_of: HeadOf) -> None:
    # the class is whether both halves agree in sign: an exclusive or
    x = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
    y = (x[:, 0] * x[:, 1] > 0).long()
    built = head_of("hadamard", k=2, parts={"image": 1, "text": 1}, head_options={"decompose": False}).train()
    optimizer = torch.optim.Adam(built.parameters(), lr=0.01)
    for _ in range(60):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(built(x), y).backward()
        optimizer.step()
    assert float((built.eval()(x).argmax(dim=1) == y).float().mean()) > 0.95

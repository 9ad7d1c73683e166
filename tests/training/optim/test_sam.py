import pytest
import torch

from evenhand.training.optim.sam import sam_perturb


def test_sharpness_aware_gradient_is_the_one_uphill() -> None:
    """By hand: f(w) = w0^2 + 3 w1^2 at (1, 1): g = (2, 6), ||g|| = sqrt(40), e = 0.1 g / ||g||."""
    w = torch.tensor([1.0, 1.0], requires_grad=True)

    def loss() -> torch.Tensor:
        return w[0] ** 2 + 3 * w[1] ** 2

    loss().backward()
    with sam_perturb([w], 0.1):
        assert w.grad is None
        assert w.tolist() == pytest.approx([1 + 0.2 / 40**0.5, 1 + 0.6 / 40**0.5])
        loss().backward()
    assert w.tolist() == [1.0, 1.0]
    assert w.grad.tolist() == pytest.approx([2 * (1 + 0.2 / 40**0.5), 6 * (1 + 0.6 / 40**0.5)])


def test_the_norm_is_over_all_parameters() -> None:
    a, b = (torch.tensor([value], requires_grad=True) for value in (3.0, 4.0))
    ((a**2 + b**2) / 2).sum().backward()
    with sam_perturb([a, b], 1.0):
        assert [a.item(), b.item()] == pytest.approx([3.6, 4.8])


def test_weights_come_back_to_the_last_bit_and_a_parameter_without_gradient_stays() -> None:
    w = torch.randn(50, generator=torch.Generator().manual_seed(0)).requires_grad_()
    unused = torch.ones(2, requires_grad=True)
    before = w.detach().clone()
    (w**4).sum().backward()
    with sam_perturb([w, unused], 0.37):
        assert not torch.equal(w.detach(), before)
        assert unused.tolist() == [1.0, 1.0]
    assert torch.equal(w.detach(), before)


def test_a_gradient_of_zero_moves_nothing() -> None:
    w = torch.zeros(3, requires_grad=True)
    (w**2).sum().backward()
    with sam_perturb([w], 0.1):
        assert w.tolist() == [0.0, 0.0, 0.0]

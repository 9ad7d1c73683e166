import numpy as np
import pytest
import torch
from torch.nn import functional

from evenhand.balance.choose import LOSSES, Classes, chosen


def loss(weights: list[float], *, several: bool = False) -> object:
    return chosen(LOSSES, "cross_entropy").build(Classes(np.ones(len(weights)), np.array(weights), several))


def logits(rows: int = 5, k: int = 3) -> torch.Tensor:
    return torch.randn(rows, k, generator=torch.Generator().manual_seed(0))


def test_classes_and_their_one_hot_rows_cost_the_same() -> None:
    classes = torch.tensor([0, 1, 2, 1, 0])
    rows = functional.one_hot(classes, 3).float()
    one, two = (loss([0.5, 1.0, 3.0])(logits(), targets, "none") for targets in (classes, rows))
    assert one.shape == (5,)
    assert torch.allclose(one, two)


def test_cross_entropy_by_hand() -> None:
    got = loss([1.0, 2.0])(torch.tensor([[0.0, 0.0]]), torch.tensor([[0.25, 0.75]]), "none")
    assert got.item() == pytest.approx((0.25 + 2 * 0.75) * np.log(2))


def test_several_labels_cost_one_term_per_class() -> None:
    z, t = torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, 0.0]])
    expected = (np.log(2) + 3 * np.log1p(np.exp(2.0))) / 2
    assert loss([1.0, 3.0], several=True)(z, t, "none").item() == pytest.approx(expected)


def test_without_weights_the_mean_is_torchs() -> None:
    classes = torch.tensor([0, 1, 2, 1, 0])
    ours = loss([1, 1, 1])(logits(), classes, "mean")
    assert ours.item() == pytest.approx(functional.cross_entropy(logits(), classes).item())
    targets = functional.one_hot(classes, 3).float()
    ours = loss([1, 1, 1], several=True)(logits(), targets, "mean")
    theirs = functional.binary_cross_entropy_with_logits(logits(), targets)
    assert ours.item() == pytest.approx(theirs.item())


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("weights", [[1, 1, 1], [0.5, 1.0, 3.0]])
@pytest.mark.parametrize("shares", [False, True])
def test_the_mean_is_the_mean_over_rows(several: bool, weights: list[float], shares: bool) -> None:
    """Not over the weights of the batch, as torch would have it: a rare class would then gain nothing alone."""
    classes = torch.tensor([0, 1, 2, 1, 0])
    targets = functional.one_hot(classes, 3).float() if shares or several else classes
    rows, mean = (loss(weights, several=several)(logits(), targets, how) for how in ("none", "mean"))
    assert rows.shape == (5,)
    assert mean.item() == pytest.approx(rows.mean().item())

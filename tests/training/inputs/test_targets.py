import numpy as np
import pytest
import torch

from evenhand.balance.registries import LOSSES, ClassNames
from evenhand.base.settings.named_choice import section_of
from evenhand.training.inputs.targets import Targets, without_unknown


def test_classes_stay_classes_where_nothing_is_smoothed() -> None:
    targets = Targets(np.array([2, 0, 1]), 3)
    assert targets.fitted(torch.tensor([0, 2])).tolist() == [2, 1]


def test_smoothing_spreads_evenly_over_all_classes() -> None:
    targets = Targets(np.array([2, 0]), 3, smoothing=0.3)
    assert targets.fitted(torch.tensor([0]))[0].tolist() == pytest.approx([0.1, 0.1, 0.8])
    assert targets.plain(torch.tensor([0])).tolist() == [2]


def test_smoothing_where_several_hold_is_towards_one_half() -> None:
    targets = Targets(np.array([[1.0, 0.0, np.nan]]), 3, smoothing=0.2)
    assert targets.fitted(torch.tensor([0]))[0].tolist() == pytest.approx([0.9, 0.1, np.nan], nan_ok=True)
    assert targets.plain(torch.tensor([0]))[0].tolist() == pytest.approx([1, 0, np.nan], nan_ok=True)


def test_smoothed_shares_give_the_loss_that_torch_gives() -> None:
    labels, logits = np.array([0, 2, 1, 1]), torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    ours = torch.nn.functional.cross_entropy(logits, Targets(labels, 3, smoothing=0.1).fitted(torch.arange(4)))
    theirs = torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels), label_smoothing=0.1)
    assert ours.item() == pytest.approx(theirs.item())


@pytest.mark.parametrize(
    "labels", [np.array([2, 0, 1]), np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]])]
)
def test_blended_shares_are_told_without_smoothing(labels: np.ndarray) -> None:
    rows, share = torch.arange(3), 0.7
    smoothed, plain = (Targets(labels, 3, smoothing=s) for s in (0.3, 0.0))
    blended = [torch.lerp(t.shares(rows.flip(0)), t.shares(rows), share) for t in (smoothed, plain)]
    assert torch.allclose(smoothed.unsmoothed(blended[0]), blended[1], atol=1e-6)
    assert plain.unsmoothed(blended[1]) is blended[1]


@pytest.mark.parametrize("name", ["cross_entropy", "focal", "asymmetric"])
def test_what_is_not_known_costs_nothing_and_teaches_nothing(name: str) -> None:
    """Unknown cells once counted as "no": a model learned that whatever nobody had looked for is not there."""
    labels = np.array([[1.0, np.nan, 0.0], [np.nan, 0.0, 1.0], [0.0, 1.0, np.nan]])
    targets = Targets(labels, 3)
    assert targets.masked
    loss = section_of(LOSSES, name).build(ClassNames(np.ones(3), np.ones(3), multi_label=True))
    logits = torch.randn(3, 3, generator=torch.Generator().manual_seed(1), requires_grad=True)
    rows = loss(*without_unknown(logits, targets.plain(torch.arange(3))), "none")
    (gradient,) = torch.autograd.grad(rows.sum(), logits)
    known = torch.from_numpy(~np.isnan(labels))
    assert (gradient[~known] == 0).all()
    assert (gradient[known] != 0).all()
    full = loss(logits, torch.from_numpy(np.nan_to_num(labels)).float(), "none")
    assert (rows < full).all()


def test_rows_of_which_nothing_is_known_need_no_mask() -> None:
    assert not Targets(np.array([[1.0, 0.0], [np.nan, np.nan]]), 2).masked
    assert not Targets(np.array([0, 1]), 2).masked

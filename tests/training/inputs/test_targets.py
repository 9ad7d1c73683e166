import numpy as np
import pytest
import torch

from evenhand.training.inputs.targets import Targets


def test_classes_stay_classes_where_nothing_is_smoothed() -> None:
    targets = Targets(np.array([2, 0, 1]), 3)
    assert targets.fitted(torch.tensor([0, 2])).tolist() == [2, 1]


def test_smoothing_spreads_evenly_over_all_classes() -> None:
    targets = Targets(np.array([2, 0]), 3, smoothing=0.3)
    assert targets.fitted(torch.tensor([0]))[0].tolist() == pytest.approx([0.1, 0.1, 0.8])
    assert targets.plain(torch.tensor([0])).tolist() == [2]


def test_smoothing_where_several_hold_is_towards_one_half() -> None:
    targets = Targets(np.array([[1.0, 0.0, np.nan]]), 3, smoothing=0.2)
    assert targets.fitted(torch.tensor([0]))[0].tolist() == pytest.approx([0.9, 0.1, 0.1])
    assert targets.plain(torch.tensor([0]))[0].tolist() == [1, 0, 0]


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

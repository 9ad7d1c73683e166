import numpy as np
import pytest
import torch
from torch import nn

from evenhand.balance.config import BalanceConfig
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.batch_order import systematic_sample
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop.fit_spec import FitSpec, FitStage
from evenhand.training.monitor.scorer import Score
from evenhand.training.plain_module import PlainModule
from evenhand.training.tasks.build_spec import fold_spec

LABELS = np.array([0] * 8 + [1] * 2 + [1] * 30)


def spec(labels: np.ndarray = LABELS, **changes: object) -> FitSpec:
    """Return a spec that trains on the first ten rows, in which class 1 is rare, and judges the rest."""
    x = np.zeros((len(labels), 1, 2), dtype=np.float32)
    stages = (FitStage("all", 1, 0.1, ViewInputs(x)),)
    rows = {"fit_rows": np.arange(10), "validation_rows": np.arange(10, 40)}
    return fold_spec(
        PlainModule(nn.Linear(2, 2)), stages, labels, 2, **rows, scorer=lambda p: Score(0.0), **changes
    )


def test_weights_come_from_the_training_rows_alone() -> None:
    made = spec(balance=BalanceConfig(weights="inverse"))
    losses = made.loss(torch.zeros(2, 2), torch.tensor([0, 1]), "none")
    assert (losses / np.log(2)).tolist() == pytest.approx([10 / (2 * 8), 10 / (2 * 2)])


def sampling_weights(made):
    return made.stages[0].balance.sampling_weights


def test_sampling_weights_come_from_the_training_rows_alone() -> None:
    made = spec(balance=BalanceConfig(sampler="balanced"))
    rows = systematic_sample(made.fit_rows, sampling_weights(made), np.random.default_rng(0))
    assert np.bincount(LABELS[rows]).tolist() == pytest.approx([5, 5], abs=1)
    assert sampling_weights(spec()) is None


def test_row_weights_are_one_on_average_over_the_training_rows() -> None:
    weights = np.arange(1.0, 41.0)
    made = spec(weights=weights)
    assert made.row_weights[:10].mean().item() == pytest.approx(1.0)
    assert made.row_weights[9] / made.row_weights[0] == pytest.approx(10.0)


def test_several_labels_are_drawn_by_the_mean_of_their_classes() -> None:
    shares = np.zeros((40, 2))
    shares[:8, 0] = shares[6:10, 1] = 1.0
    made = spec(shares, balance=BalanceConfig(sampler="balanced"))
    found = sampling_weights(made)
    assert found[7] == pytest.approx((found[0] + found[9]) / 2)
    assert made.targets.multi_label


def test_norms_are_held_only_where_that_is_asked_for() -> None:
    part = nn.BatchNorm1d(2)
    assert spec(norms=part).fixed_norms is None
    assert spec(norms=part, train=TrainConfig(freeze_norm=True)).fixed_norms is part


def test_cells_of_which_nothing_is_known_reach_the_loss_as_such() -> None:
    labels = np.zeros((40, 2))
    labels[:, 0] = np.arange(40) % 2
    labels[3, 1] = np.nan
    made = spec(labels)
    assert made.targets.masked
    assert torch.isnan(made.targets.plain(torch.tensor([3]))[0, 1])

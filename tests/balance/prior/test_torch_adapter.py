from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)

from evenhand.balance import effective_prior
from evenhand.balance.prior.torch_adapter import effective_prior_of, inclusion
from evenhand.base.errors import EvenhandError

Y = np.repeat([0, 1, 2], [90, 9, 1])
COUNTS = np.array([90, 9, 1])


def test_a_weighted_sampler_and_weights_are_read_as_ours_would_be() -> None:
    sampler = WeightedRandomSampler((1 / COUNTS)[Y].tolist(), num_samples=100)
    criterion = nn.CrossEntropyLoss(weight=torch.tensor(1 / COUNTS, dtype=torch.float32))
    read = effective_prior_of(torch.from_numpy(Y), sampler=sampler, criterion=criterion, names=["N", "V", "S"])
    ours = effective_prior(COUNTS, sampler="balanced", weights="inverse", names=["N", "V", "S"])
    assert read.shares == pytest.approx(ours.shares, rel=1e-5)
    assert read.exponent == pytest.approx(2.0, abs=1e-5)
    assert read.recurrence == pytest.approx(ours.recurrence)
    assert read.names == ("N", "V", "S")


def test_a_longer_epoch_recurs_more_often() -> None:
    sampler = WeightedRandomSampler((1 / COUNTS)[Y].tolist(), num_samples=1000)
    assert effective_prior_of(Y, sampler=sampler).recurrence == pytest.approx(1000 / 3)


def test_a_loader_is_asked_for_its_sampler() -> None:
    data = TensorDataset(torch.zeros(100, 1))
    loader = DataLoader(data, sampler=WeightedRandomSampler((1 / COUNTS)[Y].tolist(), 100))
    assert effective_prior_of(Y, sampler=loader).batch_shares == pytest.approx(np.full(3, 1 / 3))


class InTurn(BatchSampler):
    """Batches of one class, the classes in turn: what is drawn is known to this class alone."""

    def __iter__(self) -> Iterator[list[int]]:
        yield from ([99], [90], [0])


def even() -> WeightedRandomSampler:
    return WeightedRandomSampler((1 / COUNTS)[Y].tolist(), 100)


def test_batches_are_asked_for_the_sampler_of_their_rows() -> None:
    batches = BatchSampler(even(), 8, drop_last=False)
    for given in (
        batches,
        DataLoader(range(100), batch_sampler=batches),
        DataLoader(range(100), 8, sampler=even()),
    ):
        assert effective_prior_of(Y, sampler=given).exponent == pytest.approx(1.0)
    assert effective_prior_of(Y, sampler=DataLoader(range(100), None, sampler=even())).exponent == pytest.approx(
        1.0
    )


def test_batches_made_by_somebodys_own_class_cannot_be_read() -> None:
    own = InTurn(SequentialSampler(range(100)), 1, drop_last=False)
    for given in (
        own,
        DataLoader(range(100), batch_sampler=own),
        DataLoader(range(100), batch_sampler=[[99], [0]]),
    ):
        with pytest.raises(EvenhandError, match="which cannot be read.*Pass its row sampler"):
            effective_prior_of(Y, sampler=given)


def test_an_epoch_has_the_rows_that_its_sampler_takes() -> None:
    half = RandomSampler(range(100), num_samples=50)
    assert effective_prior_of(Y, sampler=half).epoch_rows == 50
    assert effective_prior_of(Y, sampler=half).recurrence == pytest.approx(0.5)
    assert effective_prior_of(Y, sampler=DataLoader(range(100), 64, drop_last=True)).epoch_rows == 64
    assert effective_prior_of(Y, sampler=BatchSampler(even(), 50, drop_last=True)).epoch_rows == 100
    shared = DistributedSampler(range(100), num_replicas=4, rank=0)
    assert effective_prior_of(Y, sampler=shared).epoch_rows == 100


def test_rows_may_be_listed() -> None:
    assert effective_prior_of(Y, sampler=DataLoader(range(100), sampler=[0, 95, 99])).counts.tolist() == [1, 1, 1]


@pytest.mark.parametrize("sampler", [None, RandomSampler(range(100)), DataLoader(range(100), shuffle=True)])
def test_samplers_that_take_each_row_leave_the_data_as_they_are(sampler: object) -> None:
    prior = effective_prior_of(Y.tolist(), sampler=sampler, criterion=nn.CrossEntropyLoss())
    assert prior.exponent == 0.0
    assert prior.shares == pytest.approx(COUNTS / 100)


def test_a_subset_is_counted_by_its_rows() -> None:
    prior = effective_prior_of(Y, sampler=SubsetRandomSampler(range(85, 100)))
    assert prior.counts.tolist() == [5, 9, 1]


def test_drawing_without_replacement_cannot_repeat_a_row() -> None:
    weights = np.where(Y == 2, 1000.0, 1.0)
    prior = effective_prior_of(Y, sampler=WeightedRandomSampler(weights.tolist(), 50, replacement=False))
    assert prior.recurrence == pytest.approx(1.0, abs=1e-6)
    everything = WeightedRandomSampler(weights.tolist(), 100, replacement=False)
    assert effective_prior_of(Y, sampler=everything).shares == pytest.approx(COUNTS / 100)


def test_chances_without_replacement_are_those_that_torch_draws_by() -> None:
    weights = np.array([1.0] * 60 + [8.0] * 20)
    draws = torch.multinomial(
        torch.tensor(weights).expand(4000, -1), 30, generator=torch.Generator().manual_seed(0)
    )
    seen = np.bincount(draws.ravel().numpy(), minlength=80) / 4000
    told = inclusion(weights, 30)
    assert told.sum() == pytest.approx(30)
    assert seen[:60].mean() == pytest.approx(told[0], abs=0.01)
    assert seen[60:].mean() == pytest.approx(told[60], abs=0.01)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"sampler": SimpleNamespace(weights=[1.0] * 5, num_samples=5, replacement=True)},
            "5 weights for 100 labels",
        ),
        ({"sampler": SimpleNamespace(weights=[0.0] * 100, num_samples=5)}, "at least one must be above 0"),
        ({"sampler": SimpleNamespace(weights=[float("nan")] * 100)}, "non-negative numbers"),
        ({"sampler": SimpleNamespace(weights=["a"] * 100)}, "The sampler's weights must be numbers; found"),
        ({"sampler": SubsetRandomSampler([0, 500])}, "takes row 500, but there are labels for 100 rows"),
        ({"sampler": SubsetRandomSampler([-101])}, "takes row -101"),
        ({"criterion": nn.CrossEntropyLoss(weight=torch.ones(2))}, "2 weights for 3 classes"),
        ({"criterion": nn.BCEWithLogitsLoss(pos_weight=torch.ones(3))}, "pos_weight"),
    ],
)
def test_what_does_not_fit_is_told(given: dict[str, object], words: str) -> None:
    with pytest.raises(EvenhandError, match=words):
        effective_prior_of(Y, **given)


@pytest.mark.parametrize("labels", [[[0, 1]], [-1, 0], [0.5, 1.0], ["N", "S"], [0, np.inf], [[0], 1]])
def test_labels_that_are_no_classes_are_told(labels: object) -> None:
    with pytest.raises(EvenhandError, match="Labels must be"):
        effective_prior_of(labels)

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evenhand.training.inputs.batch_order import batch_count, batched, in_order, shuffled, systematic_sample


@given(n=st.integers(0, 300), size=st.integers(1, 64), seed=st.integers(0, 9))
def test_batches_hold_every_row_once_and_are_even(n: int, size: int, seed: int) -> None:
    rows, sizes = batched(shuffled(np.arange(n) * 3, np.random.default_rng(seed)), size)
    assert sorted(rows.tolist()) == (np.arange(n) * 3).tolist()
    assert sum(sizes) == n
    assert max(sizes, default=0) <= (3 if size == 2 and n % 2 else size)
    assert len(sizes) == batch_count(n, size)
    assert 1 not in sizes or size == 1 or n == 1
    assert max(sizes, default=0) - min(sizes, default=0) <= 1
    batches = np.split(rows, np.cumsum(sizes)[:-1])
    assert all((np.diff(batch) > 0).all() for batch in batches)


def test_a_batch_holds_what_the_order_put_there() -> None:
    order = np.random.default_rng(0).permutation(10)
    rows, sizes = batched(order, 5)
    assert sizes == [5, 5]
    assert set(rows[:5]) == set(order[:5])


def test_no_batch_of_one_row_is_left_at_the_end() -> None:
    assert batched(np.arange(65), 64)[1] == [33, 32]
    assert batched(np.arange(7), 2)[1] == [3, 2, 2]
    assert batched(np.arange(3), 2)[1] == [3]


@given(counts=st.lists(st.integers(1, 60), min_size=2, max_size=6), seed=st.integers(0, 9))
def test_drawing_gives_each_row_its_expected_number_up_to_one(counts: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    sampling_weights = 1.0 / np.array(counts, dtype=float)[labels]
    rows = systematic_sample(np.arange(len(labels)), sampling_weights, np.random.default_rng(seed))
    times = np.bincount(rows, minlength=len(labels))
    expected = len(labels) * sampling_weights / sampling_weights.sum()
    assert len(rows) == len(labels)
    assert (np.abs(times - expected) < 1.0 + 1e-9).all()


def test_drawing_balances_classes_within_an_epoch() -> None:
    labels = np.repeat([0, 1], [90, 10])
    sampling_weights = np.where(labels == 0, 1 / 90, 1 / 10)
    shares = [
        np.bincount(labels[systematic_sample(np.arange(100), sampling_weights, np.random.default_rng(seed))])
        for seed in range(50)
    ]
    assert np.mean(shares, axis=0).round(1).tolist() == [50.0, 50.0]
    assert np.abs(np.array(shares) - 50).max() <= 10  # whole repeats of ten rows


def test_drawing_differs_from_epoch_to_epoch() -> None:
    sampling_weights = np.ones(20)
    one, two = (systematic_sample(np.arange(20), sampling_weights, np.random.default_rng(seed)) for seed in (0, 1))
    assert one.tolist() != two.tolist()
    assert sorted(one) == sorted(two) == list(range(20))


def test_in_order_keeps_the_order() -> None:
    assert [part.tolist() for part in in_order(np.array([5, 1, 3]), 2)] == [[5, 1], [3]]

import numpy as np
import pytest

from evenhand.training.inputs.accumulated import in_steps
from evenhand.training.inputs.batch_order import batched
from evenhand.training.inputs.length_order import batched_by_length


def steps_of(rows: np.ndarray, sizes: list[int], batches: list[int]) -> list[set[int]]:
    parts = iter(np.split(rows, np.cumsum(sizes)[:-1]))
    return [{int(row) for _ in range(count) for row in next(parts)} for count in batches]


@pytest.mark.parametrize(("n", "size", "accumulate"), [(40, 4, 3), (41, 8, 2), (7, 2, 2), (5, 8, 4), (9, 1, 4)])
def test_steps_have_the_rows_of_large_batches(n: int, size: int, accumulate: int) -> None:
    order = np.random.default_rng(n).permutation(n)
    rows, sizes, batches = in_steps(order, size, accumulate, None, np.random.default_rng(0))
    large, whole = batched(order, size * accumulate)
    assert steps_of(rows, sizes, batches) == steps_of(large, whole, [1] * len(whole))
    assert max(sizes) <= max(size, 3 if size == 2 else 0)
    assert sum(sizes) == n


def test_batches_of_a_step_are_not_neighbours_of_the_table() -> None:
    order = np.random.default_rng(0).permutation(64)
    rows, sizes, _ = in_steps(order, 16, 4, None, np.random.default_rng(0))
    assert sizes == [16] * 4
    assert all(np.ptp(part) > 40 for part in np.split(rows, 4))


def test_without_accumulation_batches_are_as_they_were() -> None:
    order = np.random.default_rng(0).permutation(33)
    rows, sizes, batches = in_steps(order, 8, 1, None, np.random.default_rng(0))
    expected, whole = batched(order, 8)
    assert (rows.tolist(), sizes, batches) == (expected.tolist(), whole, [1] * 5)
    empty, sizes, batches = in_steps(order[:0], 8, 4, None, np.random.default_rng(0))
    assert (len(empty), sizes, batches) == (0, [], [])


def test_rows_of_a_step_have_similar_lengths() -> None:
    rng = np.random.default_rng(0)
    lengths, order = rng.integers(1, 100, 256), rng.permutation(256)
    rows, sizes, batches = in_steps(order, 4, 4, lengths, np.random.default_rng(1))
    large, whole = batched_by_length(order, 16, lengths, np.random.default_rng(1))
    assert steps_of(rows, sizes, batches) == steps_of(large, whole, [1] * len(whole))

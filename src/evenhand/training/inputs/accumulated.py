"""Batches of an optimizer step, where gradients of several are accumulated. Without torch."""

from __future__ import annotations

import numpy as np

from evenhand.base.values import Ints
from evenhand.training.inputs.batch_order import batched
from evenhand.training.inputs.length_order import batched_by_length


def in_steps(
    rows: Ints, size: int, accumulate: int, lengths: Ints | None, rng: np.random.Generator
) -> tuple[Ints, list[int], list[int]]:
    """Return the rows batch after batch, the sizes of batches, and the number of batches of each optimizer step.

    A step has the rows that one batch of `size * accumulate` rows would have, so that accumulation changes neither
    the number of steps nor what each of them sees. Its batches differ by one row at most.

    Parameters
    ----------
    rows
        (n,) positions in random order.
    size
        Most rows of a batch.
    accumulate
        Batches of a step.
    lengths
        (m,) length by position where batches have rows of similar length, or None.
    rng
        Puts batches of similar length in order.

    >>> rows, sizes, batches = in_steps(np.array([6, 5, 4, 3, 2, 1, 0]), 2, 2, None, np.random.default_rng(0))
    >>> rows.tolist(), sizes, batches
    ([5, 6, 3, 4, 0, 1, 2], [2, 2, 3], [2, 1])
    """

    def cut(rows: Ints, size: int) -> tuple[Ints, list[int]]:
        return batched(rows, size) if lengths is None else batched_by_length(rows, size, lengths, rng)

    if accumulate == 1 or not len(rows):
        rows, sizes = cut(rows, size)
        return rows, sizes, [1] * len(sizes)
    if lengths is None:
        # Not the rows in the order of `batched`, which sorts them: batches of a step would be neighbours in the
        # table, of one class as a rule.
        whole = batched(rows, size * accumulate)[1]
    else:
        rows, whole = batched_by_length(rows, size * accumulate, lengths, rng)
    steps = [cut(part, size) for part in np.split(rows, np.cumsum(whole)[:-1])]
    sizes = [one for _, of_step in steps for one in of_step]
    return np.concatenate([part for part, _ in steps]), sizes, [len(of_step) for _, of_step in steps]

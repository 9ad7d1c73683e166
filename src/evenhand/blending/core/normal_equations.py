"""The normal equations of least squares: sums of products between models and with the truth, by fold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Ints
from evenhand.blending.inputs.stack import Stack


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """Sums over rows for each of f folds.

    Attributes
    ----------
    gram
        (f, ..., m, m) products between models.
    moment
        (f, ..., m) products of models with the truth.
    size
        (f, ...) squares of the truth: rows, where one class holds for each.

    Where several labels may hold, only cells with a known truth are in the sums.
    folds
        The numbers of the f folds.
    """

    gram: Floats
    moment: Floats
    size: Floats
    folds: tuple[int, ...]

    def total(self) -> tuple[Floats, Floats, Floats]:
        """Return the sums over all rows."""
        return self.gram.sum(axis=0), self.moment.sum(axis=0), self.size.sum(axis=0)

    def without(self, position: int) -> tuple[Floats, Floats, Floats]:
        """Return the sums over the rows of every fold but the one at `position`."""
        # Added up anew rather than taken off the total: differences of large sums lose digits.
        gram, moment, size = (np.delete(sums, position, axis=0) for sums in (self.gram, self.moment, self.size))
        return gram.sum(axis=0), moment.sum(axis=0), size.sum(axis=0)

    def take(self, positions: list[int]) -> NormalEquations:
        """Return the sums of some folds."""
        folds = tuple(self.folds[p] for p in positions)
        return NormalEquations(self.gram[positions], self.moment[positions], self.size[positions], folds)


def moments(stack: Stack, *, budget_bytes: int = 2**20) -> NormalEquations:
    """Return sums over rows and classes: gram (f, m, m), moment (f, m), size (f,).

    Rows are read once, sequentially, in blocks that fit into a processor cache; within a block they are sorted by
    fold while they are copied.

    Parameters
    ----------
    stack
        With truth; without folds all rows count as fold 0.
    budget_bytes
        Size of a block.
    """
    folds, number = _folds(stack)
    f, m, k = len(folds), stack.m, stack.k
    sums, size, room = np.zeros((f, m, m + 1)), np.zeros(f), None
    for rows in stack.slices(budget_bytes=budget_bytes):
        if room is None:
            room = np.empty((m + 1) * (rows.stop - rows.start) * k)
        # Sorted by fold, the rows of a fold are one contiguous part of the block, and its sums one matrix
        # product.
        order = np.argsort(number[rows], kind="stable")
        block = _block(stack, rows, order, room).reshape(m + 1, -1)
        ends = np.searchsorted(number[rows][order], np.arange(f + 1)) * k
        for fold in np.flatnonzero(np.diff(ends)):
            part = block[:, ends[fold] : ends[fold + 1]]
            sums[fold] += part[:m] @ part.T
            size[fold] += part[m] @ part[m]
    return NormalEquations(sums[:, :, :m], sums[:, :, m], size, folds)


def moments_by_class(stack: Stack) -> NormalEquations:
    """Return sums over rows for each class: gram (f, k, m, m), moment (f, k, m), size (f, k)."""
    folds, number = _folds(stack)
    f, m, k = len(folds), stack.m, stack.k
    sums = np.zeros((f, k, m + 1, m + 1))
    for rows in stack.slices():
        for fold in np.unique(number[rows]):
            at = np.flatnonzero(number[rows] == fold)
            block = _block(stack, rows, at).transpose(2, 0, 1)
            sums[fold] += block @ block.transpose(0, 2, 1)
    return NormalEquations(sums[:, :, :m, :m], sums[:, :, :m, m], sums[:, :, m, m], folds)


def _folds(stack: Stack) -> tuple[tuple[int, ...], Ints]:
    """Return the numbers of the f folds, and (n,) the position 0..f-1 of each row's among them."""
    if stack.fold is None:
        return (0,), np.zeros(len(stack), dtype=np.intp)
    folds, number = np.unique(stack.fold, return_inverse=True)
    return tuple(int(fold) for fold in folds), number


def _block(stack: Stack, rows: slice, order: Ints, room: Floats | None = None) -> Floats:
    """Return (m + 1, b, k) float64: the rows of a slice in the order given, of each model, and the one-hot truth.

    With the truth among the models, one product gives the sums between models and those with the truth. The block
    is made in `room`, so that its memory stays in the processor's cache from one to the next.
    """
    shape = (stack.m + 1, len(order), stack.k)
    out = np.empty(shape) if room is None else room[: shape[0] * shape[1] * shape[2]].reshape(shape)
    for position, table in enumerate(stack.tables):
        part = table[rows]
        if part.dtype == out.dtype:
            # mode="clip": with the default, `take` buffers the output first; the order has no index out of range.
            np.take(part, order, axis=0, out=out[position], mode="clip")
        else:
            out[position] = part[order]
    truth = stack.labels[rows][order]
    if truth.ndim == 2:
        # A cell whose truth is unknown is 0 in the truth and in every model: it adds nothing to any product.
        unknown = np.isnan(truth)
        out[-1] = np.where(unknown, 0.0, truth)
        if unknown.any():
            out[:-1, unknown] = 0.0
    else:
        out[-1] = 0.0
        out[-1][np.arange(len(truth)), truth] = 1.0
    return out

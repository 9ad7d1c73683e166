"""Sums of products between models and with the truth: all that least squares needs of the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats, Ints
from evenhand.ensemble.stack import Stack


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over rows for each of f folds.

    Attributes
    ----------
    gram
        (f, ..., m, m) products between models.
    moment
        (f, ..., m) products of models with the truth.
    size
        (f, ...) squares of the truth: rows, where one class holds for each.
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
        gram, moment, size = (np.delete(sums, position, axis=0) for sums in (self.gram, self.moment, self.size))
        return gram.sum(axis=0), moment.sum(axis=0), size.sum(axis=0)

    def take(self, positions: list[int]) -> Moments:
        """Return the sums of some folds."""
        folds = tuple(self.folds[p] for p in positions)
        return Moments(self.gram[positions], self.moment[positions], self.size[positions], folds)


def moments(stack: Stack, *, budget_bytes: int = 2**20) -> Moments:
    """Return sums over rows and classes: gram (f, m, m), moment (f, m), size (f,).

    Rows are read once, from the first to the last, in blocks that fit into a processor's cache; within a block they
    are put in the order of their folds while they are copied.

    Parameters
    ----------
    stack
        With truth; without folds all rows count as fold 0.
    budget_bytes
        Size of a block.
    """
    folds, number = _folds(stack)
    f, m, k = len(folds), stack.m, stack.k
    gram, moment, size = np.zeros((f, m, m)), np.zeros((f, m)), np.zeros(f)
    for rows in stack.slices(budget_bytes=budget_bytes):
        order = np.argsort(number[rows], kind="stable")
        block, truth = _block(stack, rows, order), stack.labels[rows][order]
        right, squares = _with_truth(block, truth)
        ends = np.searchsorted(number[rows][order], np.arange(f + 1))
        for fold in np.flatnonzero(np.diff(ends)):
            part = slice(ends[fold], ends[fold + 1])
            flat = block.reshape(m, -1)[:, part.start * k : part.stop * k]
            gram[fold] += flat @ flat.T
            moment[fold] += right[:, part].sum(axis=1)
            size[fold] += squares[part].sum()
    return Moments(gram, moment, size, folds)


def moments_by_class(stack: Stack) -> Moments:
    """Return sums over rows for each class: gram (f, k, m, m), moment (f, k, m), size (f, k)."""
    folds, number = _folds(stack)
    f, m, k = len(folds), stack.m, stack.k
    gram, moment, size = np.zeros((f, k, m, m)), np.zeros((f, k, m)), np.zeros((f, k))
    for rows in stack.slices():
        for fold in np.unique(number[rows]):
            at = np.flatnonzero(number[rows] == fold)
            block = _block(stack, rows, at).transpose(2, 0, 1)
            held = _one_hot(stack.labels[rows][at], k)
            gram[fold] += block @ block.transpose(0, 2, 1)
            moment[fold] += np.einsum("cmb,bc->cm", block, held, optimize=True)
            size[fold] += np.square(held).sum(axis=0)
    return Moments(gram, moment, size, folds)


def _folds(stack: Stack) -> tuple[tuple[int, ...], Ints]:
    """Return the numbers of the f folds, and (n,) the position 0..f-1 of each row's among them."""
    if stack.fold is None:
        return (0,), np.zeros(len(stack), dtype=np.intp)
    folds, number = np.unique(stack.fold, return_inverse=True)
    return tuple(int(fold) for fold in folds), number


def _block(stack: Stack, rows: slice, order: Ints) -> Floats:
    """Return (m, b, k) float64: the rows of a slice, in the order given."""
    out = np.empty((stack.m, len(order), stack.k))
    for position, table in enumerate(stack.tables):
        part = table[rows]
        if part.dtype == out.dtype:
            np.take(part, order, axis=0, out=out[position], mode="clip")
        else:
            out[position] = part[order]
    return out


def _with_truth(block: Floats, truth: npt.NDArray[Any]) -> tuple[Floats, Floats]:
    """Return (m, b) products of each row with its truth, and (b,) the squares of the truth."""
    if truth.ndim == 2:
        return np.einsum("mbk,bk->mb", block, truth), np.square(truth).sum(axis=1)
    at = np.arange(len(truth)) * block.shape[2] + truth
    return np.take(block.reshape(len(block), -1), at, axis=1), np.ones(len(truth))


def _one_hot(truth: npt.NDArray[Any], k: int) -> Floats:
    """Return (n, k) float64."""
    if truth.ndim == 2:
        return np.asarray(truth, dtype=np.float64)
    return np.asarray(truth[:, None] == np.arange(k), dtype=np.float64)

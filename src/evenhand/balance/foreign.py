"""Somebody else's sampler and loss, read into the same ledger; their torch is looked at, never imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.balance.prior import EffectivePrior, effective_prior
from evenhand.base.errors import EvenhandError
from evenhand.base.values import Floats, Ints


def effective_prior_of(
    labels: Any, *, sampler: Any = None, criterion: Any = None, names: Sequence[str] | None = None
) -> EffectivePrior:
    """Return the effective prior of a training that is written in torch.

    Parameters
    ----------
    labels
        (n,) class indices of the training rows: an array, a list or a tensor.
    sampler
        A `WeightedRandomSampler`, a `SubsetRandomSampler`, any other sampler that takes each row once, a
        `DataLoader` (its sampler is read), or None.
    criterion
        A loss with `weight` per class, such as `CrossEntropyLoss(weight=...)`, or None.
    names
        The k classes; "0", "1", … where not given.

    Raises
    ------
    EvenhandError
        If lengths differ, or the loss is one for several labels (`pos_weight`).

    Notes
    -----
    `CrossEntropyLoss` divides by the weights of the batch, which leaves the prior alone as long as batches are
    large beside 1 / the share of the rarest class; in small ones its weights act a little less than stated.
    """
    y = _labels(labels)
    weight = _array(getattr(criterion, "weight", None))
    if getattr(criterion, "pos_weight", None) is not None:
        raise EvenhandError(
            "The loss has pos_weight: each class is a yes or no of its own, with no prior over all."
        )
    k = max(int(y.max(initial=-1)) + 1, 0 if weight is None else len(weight), len(names or ()))
    counts, expected, drawn = _drawn(y, getattr(sampler, "sampler", sampler), k)
    if weight is not None and len(weight) != k:
        raise EvenhandError(f"The loss has {len(weight)} weights for {k} classes; there must be one for each.")
    favour = np.divide(expected, counts, out=np.zeros(k), where=counts > 0)
    costs = np.ones(k) if weight is None else weight
    return replace(effective_prior(counts, sampler=favour, weights=costs, names=names), epoch_rows=drawn)


def inclusion(weights: Floats, drawn: int) -> Floats:
    """Return (n,) chances of rows to be among `drawn` that are taken without replacement.

    1 - exp(-t w), with t such that they add up to `drawn` (Rosén 1972): exact as n grows.
    """
    if drawn >= int((weights > 0).sum()):
        return np.asarray((weights > 0).astype(np.float64))
    low, high = 0.0, 1.0
    scaled = weights / weights.mean()
    while -np.expm1(-high * scaled).sum() < drawn:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if -np.expm1(-middle * scaled).sum() < drawn else (low, middle)
    return np.asarray(-np.expm1(-high * scaled))


def _drawn(y: Ints, sampler: Any, k: int) -> tuple[Floats, Floats, float]:
    """Return (k,) rows there are, (k,) rows of each class expected in an epoch, and rows of an epoch."""
    chances = _array(getattr(sampler, "weights", None))
    if chances is None:
        indices = _array(getattr(sampler, "indices", None))
        own = y if indices is None else y[indices.astype(np.intp)]
        counts = np.bincount(own, minlength=k).astype(np.float64)
        return counts, counts, float(counts.sum())
    if len(chances) != len(y):
        raise EvenhandError(f"The sampler has {len(chances):,} weights for {len(y):,} labels; give one for each.")
    if (chances < 0).any() or not chances.sum():
        raise EvenhandError("The sampler's weights must be numbers from 0 up, and one at least above 0.")
    rows = int(getattr(sampler, "num_samples", len(y)))
    replaced = bool(getattr(sampler, "replacement", True))
    expected = rows * chances / chances.sum() if replaced else inclusion(chances, rows)
    counts = np.bincount(y, minlength=k).astype(np.float64)
    return counts, np.bincount(y, expected, minlength=k).astype(np.float64), float(expected.sum())


def _labels(labels: Any) -> Ints:
    y = _array(labels)
    if y is None or y.ndim != 1 or (y < 0).any() or (y != np.floor(y)).any():
        raise EvenhandError("Labels must be (n,) class indices, 0 and up, one for each training row.")
    return y.astype(np.int64)


def _array(values: Any) -> npt.NDArray[Any] | None:
    """Return a tensor, an array or a list as float64; a tensor is asked for its values, wherever it lies."""
    if values is None:
        return None
    if hasattr(values, "detach"):
        values = values.detach().cpu().tolist()
    return np.asarray(values, dtype=np.float64)

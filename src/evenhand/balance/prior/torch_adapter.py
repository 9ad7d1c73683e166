"""Somebody else's sampler and loss, read into the same ledger; their torch is looked at, never imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.balance.prior.effective_prior import EffectivePrior, effective_prior
from evenhand.balance.registries import numbers
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
        A `WeightedRandomSampler`, a `SubsetRandomSampler`, any other sampler that takes each row as often as
        the others, a `BatchSampler` or `DataLoader` of one (its sampler is read), or None.
    criterion
        A loss with `weight` per class and `label_smoothing`, such as
        `CrossEntropyLoss(weight=..., label_smoothing=0.1)`, or None.
    names
        The k classes; "0", "1", … where not given.

    Raises
    ------
    EvenhandError
        If lengths differ, rows are named that have no label, batches are made by a class of one's own, which
        cannot be read, or the loss is one for several labels (`pos_weight`).

    Notes
    -----
    `CrossEntropyLoss` divides by the weights of the batch, which leaves the prior alone as long as batches are
    large beside 1 / the share of the rarest class; in small ones its weights act a little less than stated. Its
    weights multiply the smoothed targets, whether they are given as classes or as probabilities.
    """
    y = _labels(labels)
    weight = _array(getattr(criterion, "weight", None), "The loss's weights")
    if getattr(criterion, "pos_weight", None) is not None:
        raise EvenhandError(
            "The loss has pos_weight: each class is a yes or no of its own, with no prior over all."
        )
    k = max(int(y.max(initial=-1)) + 1, 0 if weight is None else len(weight), len(names or ()))
    rows, step = _of_rows(sampler)
    counts, expected, drawn = _drawn(y, rows, k)
    if weight is not None and len(weight) != k:
        raise EvenhandError(f"The loss has {len(weight)} weights for {k} classes; there must be one for each.")
    favour = np.divide(expected, counts, out=np.zeros(k), where=counts > 0)
    costs = np.ones(k) if weight is None else weight
    smoothing = getattr(criterion, "label_smoothing", 0.0)
    prior = effective_prior(counts, sampler=favour, weights=costs, names=names, label_smoothing=smoothing)
    # loaders with drop_last leave out the rows of an incomplete batch
    return replace(prior, epoch_rows=drawn // step * step)


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
    for _ in range(100):  # bisection to the precision of a float; the sum rises with t
        middle = (low + high) / 2
        low, high = (middle, high) if -np.expm1(-middle * scaled).sum() < drawn else (low, middle)
    return np.asarray(-np.expm1(-high * scaled))


def _of_rows(sampler: Any) -> tuple[Any, int]:
    """Return the sampler of rows that a loader or a sampler of batches draws from, and the rows it takes at once.

    That is 1 where the last batch is taken full or not.
    """
    batches = getattr(sampler, "batch_sampler", None)
    batches = sampler if batches is None else batches
    if batches is not sampler or hasattr(batches, "batch_size"):
        own = type(batches)
        if not getattr(getattr(own, "__iter__", None), "__module__", "").startswith("torch."):
            raise EvenhandError(
                f"The batches are made by {own.__name__}, which cannot be read: how often it takes a row is known "
                "to it alone. Give the sampler of rows that it draws from, or count the rows of each class in an "
                "epoch of it, divide by the rows there are, and give evenhand.effective_prior that as sampler."
            )
    inner = getattr(batches, "sampler", None)
    return batches if inner is None else inner, batches.batch_size if getattr(batches, "drop_last", False) else 1


def _drawn(y: Ints, sampler: Any, k: int) -> tuple[Floats, Floats, float]:
    """Return (k,) rows there are, (k,) rows of each class expected in an epoch, and rows of an epoch."""
    chances = _array(getattr(sampler, "weights", None), "The sampler's weights")
    if chances is None:
        return _drawn_alike(y, sampler, k)
    if len(chances) != len(y):
        raise EvenhandError(f"The sampler has {len(chances):,} weights for {len(y):,} labels; give one for each.")
    if not np.isfinite(chances).all() or (chances < 0).any() or not chances.sum():
        raise EvenhandError("The sampler's weights must be numbers from 0 up, and one at least above 0.")
    rows = int(getattr(sampler, "num_samples", len(y)))
    replaced = bool(getattr(sampler, "replacement", True))
    expected = rows * chances / chances.sum() if replaced else inclusion(chances, rows)
    counts = np.bincount(y, minlength=k).astype(np.float64)
    return counts, np.bincount(y, expected, minlength=k).astype(np.float64), float(round(expected.sum()))


def _drawn_alike(y: Ints, sampler: Any, k: int) -> tuple[Floats, Floats, float]:
    """Return the same of a sampler that takes each row, or each of some, as often as the others."""
    listed = sampler if isinstance(sampler, Sequence) else getattr(sampler, "indices", None)
    indices = _array(listed, "The sampler's indices")
    if indices is not None:
        strange = indices[~np.isin(indices, np.arange(len(y)))]
        if strange.size:
            raise EvenhandError(
                f"The sampler takes row {strange[0]:g}, and there are labels for {len(y):,} rows, counted from 0. "
                "Give the labels of all rows that it may take."
            )
        y = y[indices.astype(np.intp)]
    counts = np.bincount(y, minlength=k).astype(np.float64)
    rows = getattr(sampler, "total_size", getattr(sampler, "num_samples", len(y)))  # over all processes, if several
    return counts, counts, float(rows)


def _labels(labels: Any) -> Ints:
    says = "Labels must be (n,) class indices, 0 and up, one for each training row."
    try:
        y = _array(labels, "Labels")
    except EvenhandError as error:
        raise EvenhandError(f"{says} {error}") from None
    if y is None or y.ndim != 1 or not np.isfinite(y).all() or (y < 0).any() or (y != np.floor(y)).any():
        raise EvenhandError(says)
    return y.astype(np.int64)


def _array(values: Any, what: str) -> npt.NDArray[Any] | None:
    """Return a tensor, an array or a list as float64; a tensor is asked for its values, wherever it lies."""
    if values is None:
        return None
    if hasattr(values, "detach"):
        values = values.detach().cpu().tolist()  # bf16 tensors have no NumPy form
    return numbers(values, what)

"""Effective prior of the user's own torch sampler and loss. Their attributes are read; torch is never imported."""

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
    """Return the effective prior of a training loop written in torch.

    Parameters
    ----------
    labels
        (n,) class indices of the training rows: an array, a list or a tensor.
    sampler
        A `WeightedRandomSampler`, a `SubsetRandomSampler`, any other sampler that takes all rows equally often, a
        `BatchSampler` or `DataLoader` of one (its sampler is read), or None.
    criterion
        A loss with `weight` per class and `label_smoothing`, such as
        `CrossEntropyLoss(weight=..., label_smoothing=0.1)`, or None.
    names
        The k classes; "0", "1", … where not given.

    Raises
    ------
    EvenhandError
        If lengths differ, the sampler names rows without a label, batches come from a custom class, which cannot
        be read, or the loss is for several labels (`pos_weight`).

    Notes
    -----
    `CrossEntropyLoss` divides by the weights of the batch, which does not affect the prior as long as batches are
    large compared to 1 / the share of the rarest class; in smaller ones its weights act slightly less than stated.
    Its weights multiply the smoothed targets, whether they are given as classes or as probabilities.
    """
    y = _labels(labels)
    weight = _array(getattr(criterion, "weight", None), "The loss's weights")
    if getattr(criterion, "pos_weight", None) is not None:
        raise EvenhandError(
            "The loss has pos_weight: every class is a binary decision, and there is no prior over classes."
        )
    k = max(int(y.max(initial=-1)) + 1, 0 if weight is None else len(weight), len(names or ()))
    rows, step = _of_rows(sampler)
    counts, expected, epoch_rows = _expected_rows(y, rows, k)
    if weight is not None and len(weight) != k:
        raise EvenhandError(f"The loss has {len(weight)} weights for {k} classes; there must be one for each.")
    sampling = np.divide(expected, counts, out=np.zeros(k), where=counts > 0)
    costs = np.ones(k) if weight is None else weight
    smoothing = getattr(criterion, "label_smoothing", 0.0)
    prior = effective_prior(counts, sampler=sampling, weights=costs, names=names, label_smoothing=smoothing)
    # Loaders with drop_last leave out the rows of an incomplete batch.
    return replace(prior, epoch_rows=epoch_rows // step * step)


def inclusion(weights: Floats, sampled: int) -> Floats:
    """Return (n,) inclusion probabilities of rows if `sampled` are taken without replacement.

    1 - exp(-t w), with t such that they add up to `sampled` (Rosén 1972): exact as n grows.
    """
    if sampled >= int((weights > 0).sum()):
        return np.asarray((weights > 0).astype(np.float64))
    low, high = 0.0, 1.0
    scaled = weights / weights.mean()
    while -np.expm1(-high * scaled).sum() < sampled:
        high *= 2
    for _ in range(100):  # bisection to the precision of a float; the sum rises with t
        middle = (low + high) / 2
        low, high = (middle, high) if -np.expm1(-middle * scaled).sum() < sampled else (low, middle)
    return np.asarray(-np.expm1(-high * scaled))


def _of_rows(sampler: Any) -> tuple[Any, int]:
    """Return the row sampler behind a loader or batch sampler, and the number of rows it takes at once.

    That number is 1 unless incomplete batches are dropped.
    """
    batches = getattr(sampler, "batch_sampler", None)
    batches = sampler if batches is None else batches
    if batches is not sampler or hasattr(batches, "batch_size"):
        own = type(batches)
        if not getattr(getattr(own, "__iter__", None), "__module__", "").startswith("torch."):
            raise EvenhandError(
                f"The batches are made by {own.__name__}, which cannot be read: how often it takes a row is not "
                "known here. Pass its row sampler; or count the rows of each class in one of its epochs, divide "
                "by the rows of the class, and pass that to evenhand.effective_prior as sampler."
            )
    inner = getattr(batches, "sampler", None)
    return batches if inner is None else inner, batches.batch_size if getattr(batches, "drop_last", False) else 1


def _expected_rows(y: Ints, sampler: Any, k: int) -> tuple[Floats, Floats, float]:
    """Return (k,) rows per class, (k,) rows per class expected in an epoch, and the rows of an epoch."""
    sampling_weights = _array(getattr(sampler, "weights", None), "The sampler's weights")
    if sampling_weights is None:
        return _uniform_rows(y, sampler, k)
    if len(sampling_weights) != len(y):
        raise EvenhandError(
            f"The sampler has {len(sampling_weights):,} weights for {len(y):,} labels; give one for each."
        )
    if not np.isfinite(sampling_weights).all() or (sampling_weights < 0).any() or not sampling_weights.sum():
        raise EvenhandError("The sampler's weights must be non-negative numbers, and at least one must be above 0.")
    rows = int(getattr(sampler, "num_samples", len(y)))
    replaced = bool(getattr(sampler, "replacement", True))
    expected = rows * sampling_weights / sampling_weights.sum() if replaced else inclusion(sampling_weights, rows)
    counts = np.bincount(y, minlength=k).astype(np.float64)
    return counts, np.bincount(y, expected, minlength=k).astype(np.float64), float(round(expected.sum()))


def _uniform_rows(y: Ints, sampler: Any, k: int) -> tuple[Floats, Floats, float]:
    """Return the same for a sampler that takes all rows, or all of a subset, equally often."""
    listed = sampler if isinstance(sampler, Sequence) else getattr(sampler, "indices", None)
    indices = _array(listed, "The sampler's indices")
    if indices is not None:
        strange = indices[~np.isin(indices, np.arange(len(y)))]
        if strange.size:
            raise EvenhandError(
                f"The sampler takes row {strange[0]:g}, but there are labels for {len(y):,} rows, counted from 0. "
                "Give the labels of all rows that it can take."
            )
        y = y[indices.astype(np.intp)]
    counts = np.bincount(y, minlength=k).astype(np.float64)
    rows = getattr(sampler, "total_size", getattr(sampler, "num_samples", len(y)))  # over all processes, if several
    return counts, counts, float(rows)


def _labels(labels: Any) -> Ints:
    message = "Labels must be (n,) class indices, 0 and up, one for each training row."
    try:
        y = _array(labels, "Labels")
    except EvenhandError as error:
        raise EvenhandError(f"{message} {error}") from None
    if y is None or y.ndim != 1 or not np.isfinite(y).all() or (y < 0).any() or (y != np.floor(y)).any():
        raise EvenhandError(message)
    return y.astype(np.int64)


def _array(values: Any, what: str) -> npt.NDArray[Any] | None:
    """Return a tensor (on any device), an array or a list as float64."""
    if values is None:
        return None
    if hasattr(values, "detach"):
        values = values.detach().cpu().tolist()  # by way of a list: NumPy has no bf16
    return numbers(values, what)

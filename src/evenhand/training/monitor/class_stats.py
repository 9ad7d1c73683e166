"""Statistics of predictions per class: collected step by step on the device, read from it once per epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from evenhand.base.values import Floats

MOST_LOGITS = 65_536
"""Most logits whose probabilities are computed: a sample of rows is as informative, and cheaper."""


@dataclass
class Sums:
    """Sums over rows, from which all statistics of a set are computed; (k,) float64 each.

    Attributes
    ----------
    support, predicted, correct
        Rows of each class, rows that were predicted as it, and rows of it that were predicted correctly.
    probability, own
        Probability of each class over all rows, and over its own rows.
    log_own
        Natural logarithm of the probability of the class over its own rows.
    gradient
        Norms of the gradient at the logits of the rows of the class.
    log_own_squares, entropy, rows
        Over all rows: squares of those logarithms, entropies of the outputs (nats), and their number.
    """

    support: Floats
    predicted: Floats
    correct: Floats
    probability: Floats
    own: Floats
    log_own: Floats
    gradient: Floats
    log_own_squares: float
    entropy: float
    rows: int

    def plus(self, other: Sums) -> Sums:
        """Return the sums over both sets of rows."""
        return Sums(**{name: value + getattr(other, name) for name, value in vars(self).items()})


@dataclass
class ClassStats:
    """Collects the outputs of a network.

    Nothing is read from the device before `read`, unless more than `most` logits wait: reading makes the host wait
    for the device.

    Parameters
    ----------
    k
        Number of classes.
    multi_label
        Whether several classes may hold for one row.
    most
        Most logits that are held before they are summed.
    """

    k: int
    multi_label: bool
    most: int = 4_000_000
    _waiting: list[tuple[Tensor, Tensor, Tensor | None]] = field(default_factory=list)
    _size: int = 0
    _sums: Sums | None = None

    def add(self, logits: Tensor, targets: Tensor, gradient: Tensor | None = None) -> None:
        """Add a batch: (b, k) logits, the targets of their loss, and their gradient if there is one."""
        self._waiting.append((logits.detach(), targets, gradient))
        self._size += logits.numel()
        if self._size > self.most:
            self._sum_up()

    def read(self) -> dict[str, Any] | None:
        """Return the `statistics` over all rows, and reset; None where there was no row."""
        if self._waiting:
            self._sum_up()
        sums, self._sums = self._sums, None
        return None if sums is None else statistics(sums, multi_label=self.multi_label)

    def _sum_up(self) -> None:
        logits, targets = (
            torch.cat([one for one, _, _ in self._waiting]),
            torch.cat([y for _, y, _ in self._waiting]),
        )
        gradients = [batch[2] for batch in self._waiting if batch[2] is not None]
        gradient = torch.cat(gradients) if len(gradients) == len(self._waiting) else None
        sums = summed(logits.float(), targets, gradient, multi_label=self.multi_label)
        self._sums = sums if self._sums is None else self._sums.plus(sums)
        self._waiting, self._size = [], 0


def summed(logits: Tensor, targets: Tensor, gradient: Tensor | None, *, multi_label: bool) -> Sums:
    """Return the sums of (n, k) logits with (n,) classes or (n, k) shares of classes, and their gradients.

    A row counts for the classes of its target, by their shares. In multi-label data each class is a binary problem,
    predicted from 0.5 on, and its gradient is that of its column.
    """
    with torch.no_grad():
        if multi_label:
            return _of_labels(logits, targets, gradient)
        return (_of_classes if targets.ndim == 1 else _of_shares)(logits, targets, gradient)


def _of_classes(logits: Tensor, targets: Tensor, gradient: Tensor | None) -> Sums:
    """Return sums with counts over all rows; probabilities are those of evenly spaced rows, scaled up."""
    n, k = logits.shape
    sampled = slice(None, None, max(1, n * k // MOST_LOGITS))
    logs = logits[sampled].log_softmax(dim=1)
    shares = logs.exp()
    # `max` and not `argmax`, which takes a third longer on a CPU
    truth, predicted = (t.cpu().numpy() for t in (targets, logits.max(dim=1).indices))
    own = logs.gather(1, targets[sampled, None])[:, 0].cpu().double().numpy()
    support, seen = (np.bincount(rows, minlength=k).astype(np.float64) for rows in (truth, truth[sampled]))
    # Sums over a class are scaled by its own rows: its share of the sample is not that of all rows.
    scale, per_row = n / len(own), support / np.maximum(seen, 1.0)

    def of_own(values: Floats) -> Floats:
        return np.asarray(np.bincount(truth[sampled], weights=values, minlength=k) * per_row)

    return Sums(
        support=support,
        predicted=np.bincount(predicted, minlength=k).astype(np.float64),
        correct=np.bincount(truth[truth == predicted], minlength=k).astype(np.float64),
        probability=_numbers(shares.sum(dim=0)) * scale,
        own=of_own(np.exp(own)),
        log_own=of_own(own),
        gradient=np.bincount(truth, weights=_norms(gradient, n), minlength=k).astype(np.float64),
        log_own_squares=float((own**2).sum()) * scale,
        entropy=-float(torch.dot(shares.reshape(-1), logs.reshape(-1))) * scale,
        rows=n,
    )


def _of_shares(logits: Tensor, targets: Tensor, gradient: Tensor | None) -> Sums:
    logs = logits.log_softmax(dim=1)
    shares = logs.exp()
    predicted = torch.zeros_like(logs).scatter_(1, logits.argmax(dim=1, keepdim=True), 1.0)
    norms = torch.zeros_like(logs) if gradient is None else targets * gradient.abs().sum(dim=1, keepdim=True)
    return _dense(targets, predicted, shares, logs, norms, -(shares * logs).sum())


def _of_labels(logits: Tensor, targets: Tensor, gradient: Tensor | None) -> Sums:
    logs, shares = torch.nn.functional.logsigmoid(logits), logits.sigmoid()
    logs_absent = torch.nn.functional.logsigmoid(-logits)
    norms = torch.zeros_like(logs) if gradient is None else gradient.abs()
    entropy = -(shares * logs + (1 - shares) * logs_absent).mean(dim=1).sum()
    predicted = (logits >= 0) & ~torch.isnan(targets)  # what is not known is neither right nor wrong
    return _dense((targets >= 0.5).float(), predicted.float(), shares, logs, norms, entropy)


def _dense(
    support: Tensor, predicted: Tensor, shares: Tensor, logs: Tensor, norms: Tensor, entropy: Tensor
) -> Sums:
    return Sums(
        support=_numbers(support.sum(dim=0)),
        predicted=_numbers(predicted.sum(dim=0)),
        correct=_numbers((support * predicted).sum(dim=0)),
        probability=_numbers(shares.sum(dim=0)),
        own=_numbers((support * shares).sum(dim=0)),
        log_own=_numbers((support * logs).sum(dim=0)),
        gradient=_numbers(norms.sum(dim=0)),
        log_own_squares=float((support * logs**2).sum()),
        entropy=float(entropy),
        rows=len(support),
    )


def statistics(sums: Sums, *, multi_label: bool) -> dict[str, Any]:
    """Return the statistics of a set as plain values: lists of k numbers, None where a denominator is 0.

    Returns
    -------
    rows
        Number of rows.
    share, predicted
        Share of the rows of each class, and of those predicted as it.
    recall, precision
        Per class.
    probability, own_probability
        Mean probability of each class over all rows, and over its own rows.
    entropy
        Of the outputs, mean over rows, in nats.
    information, information_error
        Information of the outputs about the truth, in nats, with its standard error: mean log ratio of the
        probability of the true class to its mean probability (the mutual information, where outputs are calibrated;
        0 where all rows get the same output). None in multi-label data.
    gradient_share
        Share of each class in the norm of the gradient at the logits; only where there is a gradient.
    """
    out = {
        "rows": sums.rows,
        "share": _ratio(sums.support, sums.rows),
        "predicted": _ratio(sums.predicted, sums.rows),
        "recall": _ratio(sums.correct, sums.support),
        "precision": _ratio(sums.correct, sums.predicted),
        "probability": _ratio(sums.probability, sums.rows),
        "own_probability": _ratio(sums.own, sums.support),
        "entropy": finite_or_none(sums.entropy / sums.rows),
    }
    found = (math.nan, math.nan) if multi_label else information(sums)
    out["information"], out["information_error"] = map(finite_or_none, found)
    total = sums.gradient.sum()
    if total > 0 or math.isnan(total):
        out["gradient_share"] = _ratio(sums.gradient, total)
    return out


def information(sums: Sums) -> tuple[float, float]:
    """Return the mean of log p(truth) - log(mean probability of that class), in nats, and its standard error."""
    with np.errstate(all="ignore"):
        usual = np.where(sums.support > 0, np.log(sums.probability / sums.rows), 0.0)
        mean = float((sums.log_own.sum() - (sums.support * usual).sum()) / sums.rows)
        # sum of (log_own - usual)^2, expanded: single rows are gone by now
        squares = sums.log_own_squares - 2 * (usual * sums.log_own).sum() + (sums.support * usual**2).sum()
    if not np.isfinite(mean):
        return math.nan, math.nan
    # differences of large sums may come out below 0
    variance = max(float(squares) / sums.rows - mean**2, 0.0) if math.isfinite(squares) else math.nan
    return mean, math.sqrt(variance / sums.rows) if math.isfinite(variance) else math.nan


def _ratio(top: Floats, bottom: Any) -> list[float | None]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return [finite_or_none(value) for value in np.where(np.asarray(bottom) > 0, top / bottom, np.nan).tolist()]


def finite_or_none(value: float) -> float | None:
    """Return a number, or None for NaN and infinity, which JSON cannot hold."""
    return value if math.isfinite(value) else None


def _norms(gradient: Tensor | None, n: int) -> Floats:
    """Return (n,) sums of absolute values of each row."""
    # the 1-norm: for cross-entropy it is proportional to 1 - p, with p the probability of the truth
    return np.zeros(n) if gradient is None else _numbers(gradient.abs().sum(dim=1))


def _numbers(tensor: Tensor) -> Floats:
    return np.asarray(tensor.cpu().double().numpy())

"""What was said of rows, class by class: collected step by step on the device, read from it once an epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from evenhand.base.values import Floats

MOST_FORMED = 65_536
"""Logits of which probabilities are formed at a time: more would say little else, and cost."""


@dataclass
class Sums:
    """Sums over rows, of which every figure of a set is made; (k,) float64 each.

    Attributes
    ----------
    held, called, found
        Rows of each class, rows that were called it, and rows of it that were called it.
    probability, own
        Probabilities of each class over all rows, and over its own rows.
    log_own
        Natural logarithms of the probabilities that rows of the class were given for it.
    pull
        Norms of the gradient at the logits of the rows of the class.
    log_own_squares, entropy, rows
        Over all rows: squares of those logarithms, entropies of the outputs (nats), and their number.
    """

    held: Floats
    called: Floats
    found: Floats
    probability: Floats
    own: Floats
    log_own: Floats
    pull: Floats
    log_own_squares: float
    entropy: float
    rows: int

    def plus(self, other: Sums) -> Sums:
        """Return the sums over both sets of rows."""
        return Sums(**{name: value + getattr(other, name) for name, value in vars(self).items()})


@dataclass
class ClassStats:
    """Collects what a network says of rows.

    Nothing is read from the device before `read`, unless more than `most` numbers wait.

    Parameters
    ----------
    k
        Number of classes.
    several
        Whether several may hold for one row.
    most
        Logits that wait before they are summed up.
    """

    k: int
    several: bool
    most: int = 4_000_000
    _waiting: list[tuple[Tensor, Tensor, Tensor | None]] = field(default_factory=list)
    _size: int = 0
    _sums: Sums | None = None

    def add(self, logits: Tensor, targets: Tensor, gradient: Tensor | None = None) -> None:
        """Take in a batch: (b, k) logits, their targets as the loss took them, their gradient if there is one."""
        self._waiting.append((logits.detach(), targets, gradient))
        self._size += logits.numel()
        if self._size > self.most:
            self._sum_up()

    def read(self) -> dict[str, Any] | None:
        """Return the figures of `told` over all rows, and forget them; None where there was no row."""
        if self._waiting:
            self._sum_up()
        sums, self._sums = self._sums, None
        return None if sums is None else told(sums, several=self.several)

    def _sum_up(self) -> None:
        logits, targets = (
            torch.cat([one for one, _, _ in self._waiting]),
            torch.cat([y for _, y, _ in self._waiting]),
        )
        gradients = [batch[2] for batch in self._waiting if batch[2] is not None]
        pull = torch.cat(gradients) if len(gradients) == len(self._waiting) else None
        sums = summed(logits.float(), targets, pull, several=self.several)
        self._sums = sums if self._sums is None else self._sums.plus(sums)
        self._waiting, self._size = [], 0


def summed(logits: Tensor, targets: Tensor, gradient: Tensor | None, *, several: bool) -> Sums:
    """Return the sums of (n, k) logits with (n,) classes or (n, k) shares of classes, and their gradients.

    A row belongs to the classes of its target, by their shares. Where several may hold, each class is a yes or
    no of its own, called from 0.5 on, and its pull is that of its own column.
    """
    with torch.no_grad():
        if several:
            return _of_labels(logits, targets, gradient)
        return (_of_classes if targets.ndim == 1 else _of_shares)(logits, targets, gradient)


def _of_classes(logits: Tensor, targets: Tensor, gradient: Tensor | None) -> Sums:
    """Count all rows; probabilities are formed of rows spread evenly, `MOST_FORMED` logits, and scaled."""
    n, k = logits.shape
    looked = slice(None, None, max(1, n * k // MOST_FORMED))
    logs = logits[looked].log_softmax(dim=1)
    shares = logs.exp()
    truth, called = (t.cpu().numpy() for t in (targets, logits.max(dim=1).indices))
    own = logs.gather(1, targets[looked, None])[:, 0].double().cpu().numpy()
    held, seen = (np.bincount(rows, minlength=k).astype(np.float64) for rows in (truth, truth[looked]))
    scale, per_row = n / len(own), held / np.maximum(seen, 1.0)

    def of_own(values: Floats) -> Floats:
        return np.asarray(np.bincount(truth[looked], weights=values, minlength=k) * per_row)

    return Sums(
        held=held,
        called=np.bincount(called, minlength=k).astype(np.float64),
        found=np.bincount(truth[truth == called], minlength=k).astype(np.float64),
        probability=_numbers(shares.sum(dim=0)) * scale,
        own=of_own(np.exp(own)),
        log_own=of_own(own),
        pull=np.bincount(truth, weights=_norms(gradient, n), minlength=k).astype(np.float64),
        log_own_squares=float((own**2).sum()) * scale,
        entropy=-float(torch.dot(shares.reshape(-1), logs.reshape(-1))) * scale,
        rows=n,
    )


def _of_shares(logits: Tensor, targets: Tensor, gradient: Tensor | None) -> Sums:
    logs = logits.log_softmax(dim=1)
    shares = logs.exp()
    called = torch.zeros_like(logs).scatter_(1, logits.argmax(dim=1, keepdim=True), 1.0)
    pull = torch.zeros_like(logs) if gradient is None else targets * gradient.abs().sum(dim=1, keepdim=True)
    return _dense(targets, called, shares, logs, pull, -(shares * logs).sum())


def _of_labels(logits: Tensor, targets: Tensor, gradient: Tensor | None) -> Sums:
    logs, shares = torch.nn.functional.logsigmoid(logits), logits.sigmoid()
    against = torch.nn.functional.logsigmoid(-logits)
    pull = torch.zeros_like(logs) if gradient is None else gradient.abs()
    entropy = -(shares * logs + (1 - shares) * against).mean(dim=1).sum()
    called = (logits >= 0) & ~torch.isnan(targets)  # what is not known is neither right nor wrong
    return _dense((targets >= 0.5).float(), called.float(), shares, logs, pull, entropy)


def _dense(held: Tensor, called: Tensor, shares: Tensor, logs: Tensor, pull: Tensor, entropy: Tensor) -> Sums:
    return Sums(
        held=_numbers(held.sum(dim=0)),
        called=_numbers(called.sum(dim=0)),
        found=_numbers((held * called).sum(dim=0)),
        probability=_numbers(shares.sum(dim=0)),
        own=_numbers((held * shares).sum(dim=0)),
        log_own=_numbers((held * logs).sum(dim=0)),
        pull=_numbers(pull.sum(dim=0)),
        log_own_squares=float((held * logs**2).sum()),
        entropy=float(entropy),
        rows=len(held),
    )


def told(sums: Sums, *, several: bool) -> dict[str, Any]:
    """Return the figures of a set as plain values: lists of k numbers, None where there is nothing to divide by.

    Returns
    -------
    rows
        How many there were.
    share, predicted
        Of the rows: those of each class, and those that were called it.
    recall, precision
        Per class.
    probability, own_probability
        Mean probability of each class over all rows, and over its own rows.
    entropy
        Of the outputs, mean over rows, in nats.
    information, information_error
        What the outputs tell of the truth, in nats, with its standard error: the mean logarithm of the probability
        given to the truth over the mean probability of that class (the mutual information, where outputs are
        calibrated; 0 where all rows are told the same). None where several labels may hold.
    gradient_share
        Share of each class in the norm of the gradient at the logits; only where there is one.
    """
    out = {
        "rows": sums.rows,
        "share": _ratio(sums.held, sums.rows),
        "predicted": _ratio(sums.called, sums.rows),
        "recall": _ratio(sums.found, sums.held),
        "precision": _ratio(sums.found, sums.called),
        "probability": _ratio(sums.probability, sums.rows),
        "own_probability": _ratio(sums.own, sums.held),
        "entropy": _known(sums.entropy / sums.rows),
    }
    found = (math.nan, math.nan) if several else information(sums)
    out["information"], out["information_error"] = map(_known, found)
    total = sums.pull.sum()
    if total > 0 or math.isnan(total):
        out["gradient_share"] = _ratio(sums.pull, total)
    return out


def information(sums: Sums) -> tuple[float, float]:
    """Return the mean of log p(truth) - log of the mean probability of that class, in nats, and its error."""
    with np.errstate(all="ignore"):
        usual = np.where(sums.held > 0, np.log(sums.probability / sums.rows), 0.0)
        mean = float((sums.log_own.sum() - (sums.held * usual).sum()) / sums.rows)
        squares = sums.log_own_squares - 2 * (usual * sums.log_own).sum() + (sums.held * usual**2).sum()
    if not np.isfinite(mean):
        return math.nan, math.nan
    spread = max(float(squares) / sums.rows - mean**2, 0.0) if math.isfinite(squares) else math.nan
    return mean, math.sqrt(spread / sums.rows) if math.isfinite(spread) else math.nan


def _ratio(top: Floats, bottom: Any) -> list[float | None]:
    with np.errstate(divide="ignore", invalid="ignore"):
        return [_known(value) for value in np.where(np.asarray(bottom) > 0, top / bottom, np.nan).tolist()]


def _known(value: float) -> float | None:
    """Return a number, or None for what is none: NaN differs from itself, and JSON has no word for it."""
    return value if math.isfinite(value) else None


def _norms(gradient: Tensor | None, n: int) -> Floats:
    """Return (n,) sums of absolute values of each row."""
    return np.zeros(n) if gradient is None else _numbers(gradient.abs().sum(dim=1))


def _numbers(tensor: Tensor) -> Floats:
    return np.asarray(tensor.double().cpu().numpy())

"""The curves of one fit: values that every log is read to, and that rules and tables read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.values import Floats, Mask

TRAIN, VALIDATION, TEST = "train", "validation", "test"
"""Sets of rows."""
LOSSES = ("loss", "log_loss")
"""Metrics that are taken for the loss, the first that there is."""
_LARGEST = 1e150


@dataclass(frozen=True, eq=False)
class Curve:
    """One metric of one set of rows.

    Attributes
    ----------
    rows
        "train", "validation", "test" or the name of another set.
    metric
        "loss", "accuracy", … as this package names it where it has the metric.
    axis
        (e,) float64, ascending: the epoch (counted from 1) or the step of each value.
    values
        (e,) float64; NaN or infinite only where the log holds such a value.
    higher_is_better
        None where it is not known.
    """

    rows: str
    metric: str
    axis: Floats
    values: Floats
    higher_is_better: bool | None = None

    @property
    def finite(self) -> Mask:
        """(e,) whether each value is a finite number, of which squares and differences are finite too."""
        return np.asarray(np.abs(self.values) < _LARGEST)

    def since(self, first: float) -> Curve:
        """Return the finite values from `first` on."""
        kept = self.finite & (self.axis >= first)
        return Curve(self.rows, self.metric, self.axis[kept], self.values[kept], self.higher_is_better)

    @property
    def best(self) -> int | None:
        """The position of the best finite value, the first of equals; None where there is none."""
        if self.higher_is_better is None or not self.finite.any():
            return None
        missing = -np.inf if self.higher_is_better else np.inf
        values = np.where(self.finite, self.values, missing)
        return int(np.argmax(values) if self.higher_is_better else np.argmin(values))

    def value_at(self, at: float) -> float:
        """Return the value at an epoch or step; NaN where there is none."""
        found = np.flatnonzero(self.axis == at)
        return float(self.values[found[-1]]) if len(found) else np.nan

    @property
    def words(self) -> str:
        """Its name in a sentence.

        >>> Curve("validation", "macro_f1", np.ones(1), np.ones(1)).words
        'validation macro_f1'
        """
        return f"{'training' if self.rows == TRAIN else self.rows} {self.metric}"


@dataclass(frozen=True, eq=False)
class FitCurves:
    """Every curve of one fit.

    Attributes
    ----------
    model
        The name of the model, or of the log.
    fold, seed
        Which fit of the model it is; None where the log does not say.
    curves
        At most one for each set and metric.
    unit
        What `axis` of the curves counts: "epoch" or "step".
    criterion
        The metric that epochs are chosen by; "" where the log does not say.
    kept
        The epoch whose weights were kept; None where it is not known.
    since
        The first epoch of the last stage of training: trends are read from there on.
    notes
        What reading the log did, in sentences.
    columns
        Every name in the log, read or not; empty for a run.
    """

    model: str
    fold: int | None
    seed: int | None
    curves: tuple[Curve, ...]
    unit: str = "epoch"
    criterion: str = ""
    kept: float | None = None
    since: float = 0.0
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def curve(self, rows: str, metric: str) -> Curve | None:
        """Return the curve of a metric on a set of rows, or None."""
        return next((c for c in self.curves if (c.rows, c.metric) == (rows, metric)), None)

    @property
    def held_out(self) -> str:
        """The set that was held out: "validation", or "test" where a log has that only."""
        sets = {curve.rows for curve in self.curves}
        return TEST if TEST in sets and VALIDATION not in sets else VALIDATION

    @property
    def loss(self) -> Curve | None:
        """The loss of the rows held out, or None."""
        return next((c for name in LOSSES if (c := self.curve(self.held_out, name)) is not None), None)

    @property
    def train_loss(self) -> Curve | None:
        """The loss of the training rows, or None."""
        return next((c for name in LOSSES if (c := self.curve(TRAIN, name)) is not None), None)

    @property
    def metrics(self) -> tuple[Curve, ...]:
        """The curves of the rows held out whose direction is known, other than losses."""
        mine = (c for c in self.curves if c.rows == self.held_out)
        return tuple(c for c in mine if c.metric not in LOSSES and c.higher_is_better is not None)

    @property
    def deciding(self) -> Curve | None:
        """The curve that decides how good an epoch is: the criterion, else the loss, else the first metric."""
        named = self.curve(self.held_out, self.criterion) if self.criterion else None
        return named or self.loss or (self.metrics[0] if self.metrics else None)

    @property
    def name(self) -> str:
        """The name of the fit in messages.

        >>> FitCurves("net", 0, 1, ()).name, FitCurves("metrics.csv", None, None, ()).name
        ('net, fold 0, seed 1', 'metrics.csv')
        """
        parts = [self.model]
        parts += [] if self.fold is None else [f"fold {self.fold}"]
        parts += [] if self.seed is None else [f"seed {self.seed}"]
        return ", ".join(parts)

    def when(self, at: float) -> str:
        """Return an epoch or step for a sentence.

        >>> FitCurves("net", 0, 0, ()).when(27.0), FitCurves("net", 0, 0, (), unit="step").when(12500.0)
        ('epoch 27', 'step 12,500')
        """
        return f"{self.unit} {at:,.0f}" if float(at).is_integer() else f"{self.unit} {at:,.4g}"

    def frame(self) -> pd.DataFrame:
        """Return the curves as a frame in long form: model, fold, seed, set, metric, at, value."""
        where = {"model": self.model, "fold": self.fold, "seed": self.seed}
        rows: list[dict[str, Any]] = [
            {**where, "set": c.rows, "metric": c.metric, "at": at, "value": value}
            for c in self.curves
            for at, value in zip(c.axis.tolist(), c.values.tolist(), strict=True)
        ]
        return pd.DataFrame(rows, columns=["model", "fold", "seed", "set", "metric", "at", "value"])

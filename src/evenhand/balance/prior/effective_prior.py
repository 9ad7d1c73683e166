"""The class prior that sampler, class weights, loss and logit shifts together make a model assume.

For class c with n_c rows, sampler weight s_c, loss weight w_c and logit shift a_c, a model that learns what it is
shown assumes for class c the *effective prior* p_eff(c), proportional to n_c s_c w_c exp(a_c) (Elkan 2001,
theorem 2, for weights; Saerens et al. 2002, eq. 4, for samplers; Menon et al. 2021, eq. 10, for shifts). Where
targets are smoothed by e, a weight multiplies the smoothed target: w_c ((1 - e) q_c + e/k) exp(a_c), with q_c the
share of the class in the batches and k classes. Its *exponent* says by how much skew is corrected: 0 not at all,
1 to equal classes, above 1 the skew is inverted.

Arithmetic only: nothing is trained, and torch is never imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.balance.capabilities import OfModel, OfSubset, ShiftsLogits
from evenhand.balance.prior.exponent import LIMIT, SKEWED, exponent, inversion
from evenhand.balance.registries import (
    LOSSES,
    SAMPLERS,
    WEIGHTS,
    ClassWeights,
    numbers,
    of_classes,
    over_present,
    over_present_shift,
    rows_per_class,
)
from evenhand.base.errors import EvenhandError
from evenhand.base.settings.named_choice import section_of
from evenhand.base.values import Floats

Given = str | Mapping[str, Any] | Sequence[float] | npt.NDArray[Any]
"""A name, a table with `name` and options, or a figure for each class."""


@dataclass(frozen=True, eq=False)
class EffectivePrior:
    """The class prior that a model is made to assume.

    Attributes
    ----------
    names
        The k classes.
    counts
        (k,) training rows of each.
    sampling
        (k,) sampling weight of one row of each class, relative to uniform shuffling; 0 for a class without rows.
    class_weights, loss_weights
        (k,) the chosen class weights, and those that are part of the loss.
    shifts
        (k,) shifts of logits, a_c; they multiply the prior of class c by exp(a_c).
    epoch_rows
        Rows sampled in an epoch.
    measured
        Why the effect of the loss depends on the model and can only be measured; "" where it does not.
    multi_label
        Whether several classes may hold for a row. Each is then a binary decision, whose weight does not change
        its prior.
    smoothing
        Share of each target that label smoothing spreads evenly over the classes; where several may hold, over
        presence and absence of each.
    rows
        Training rows where several classes may hold, or where rows have weights; 0 stands for the sum of `counts`.
    known
        (k,) rows, by weight, known to hold each class or not, and (k,) their mean sampling weight; None for all.
    """

    names: tuple[str, ...]
    counts: Floats
    sampling: Floats
    class_weights: Floats
    loss_weights: Floats
    shifts: Floats
    epoch_rows: float
    measured: str = ""
    multi_label: bool = False
    smoothing: float = 0.0
    rows: float = 0.0
    known: tuple[Floats, Floats] | None = None

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.names)

    @cached_property
    def natural(self) -> Floats:
        """(k,) share of each class in the training rows; sums to 1."""
        return _shares(self.counts if self.known is None else self.rates)

    @cached_property
    def rates(self) -> Floats:
        """(k,) where several classes may hold: share of the rows that hold each, of those where that is known."""
        rows = (
            max(self.rows or self.counts.sum(), 1e-300) if self.known is None else np.maximum(self.known[0], 1e-300)
        )
        return np.asarray(self.counts / rows)

    @cached_property
    def sampled_rates(self) -> Floats:
        """(k,) the same of sampled rows."""
        return np.asarray(
            self.rates * self.sampling / (1.0 if self.known is None else np.maximum(self.known[1], 1e-300))
        )

    @cached_property
    def batch_shares(self) -> Floats:
        """(k,) expected share of each class in a batch; sums to 1."""
        return _shares(self.counts * self.sampling)

    @cached_property
    def target_shares(self) -> Floats:
        """(k,) mean target of the sampled rows: `batch_shares`, smoothed; mixup does not change it."""
        if self.multi_label:
            return _shares((1.0 - self.smoothing) * self.sampled_rates + self.smoothing / 2)
        seen = self.batch_shares.sum()  # 0 where there are no rows
        return np.asarray((1.0 - self.smoothing) * self.batch_shares + self.smoothing * seen / max(self.k, 1))

    @cached_property
    def weights(self) -> Floats:
        """(k,) weight of each class in the loss, all weights together; 1 on average over the training rows."""
        both = self.class_weights * self.loss_weights
        # A mean of 1 keeps the scale of the loss, and so the learning rate, independent of the weights.
        return np.asarray(both * self.counts.sum() / max(float(both @ self.counts), 1e-300))

    @cached_property
    def shares(self) -> Floats:
        """(k,) the effective prior; sums to 1."""
        # The largest shift is subtracted so that exp cannot overflow; the shares are normalised anyway.
        lean = np.exp(self.shifts - self.shifts.max(initial=-np.inf)) if self.k else self.shifts
        return _shares(self.target_shares * (1.0 if self.multi_label else self.weights) * lean)

    @cached_property
    def weighted_rows(self) -> Floats:
        """(k,) share of each class among the rows as the loss weighs them; sums to 1.

        A row counts by the weights of its whole target. Over these rows, the mean probability that a model with a
        free bias gives to class c is `shares[c]` before any shift; without smoothing the two are the same.
        """
        if self.multi_label or not self.k:
            return self.batch_shares
        # The smoothed part of a target lies on all classes alike, so it weighs as their plain mean.
        by_class = (1.0 - self.smoothing) * self.weights + self.smoothing * self.weights.mean()
        return _shares(self.batch_shares * by_class)

    @cached_property
    def parts(self) -> dict[str, float]:
        """The contributions of sampler, weights, loss and label smoothing to the exponent, by these names."""
        # A shift a multiplies the prior by exp(a), as a weight would: both belong to the part "loss".
        own = np.log(self.loss_weights) + self.shifts
        weights, loss = (np.ones(self.k), self.shifts) if self.multi_label else (self.class_weights, own)
        found = {"sampler": self.sampling, "weights": weights, "loss": np.exp(loss - loss.max(initial=-np.inf))}
        if self.smoothing:
            plain = self.hard.target_shares
            found["smoothing"] = np.divide(self.target_shares, plain, out=np.ones(self.k), where=plain > 0)
        # Classes that are never sampled have no exponent.
        seen = np.where(self.sampling > 0, self.counts, 0.0)
        return {name: exponent(seen, favour) for name, favour in found.items()}

    @cached_property
    def exponent(self) -> float:
        """Slope of -log(p_eff / n) on log n: 0 leaves the data as it is, 1 makes classes equal."""
        return sum(self.parts.values())

    @cached_property
    def recurrences(self) -> Floats:
        """(k,) how often a row of each class is expected in an epoch."""
        # of `rows`, sampling weights have a mean of 1
        return np.asarray(
            self.sampling * (self.epoch_rows / (self.rows or max(float(self.sampling @ self.counts), 1e-300)))
        )

    @property
    def rarest(self) -> int:
        """Position of the class with the fewest rows, of those that have any."""
        return int(np.where(self.counts > 0, self.counts, np.inf).argmin()) if self.k else 0

    @property
    def recurrence(self) -> float:
        """How often a row of the rarest class is expected in an epoch."""
        return float(self.recurrences[self.rarest]) if self.k else 0.0

    @property
    def mean_weight(self) -> float:
        """Mean weight of the sampled rows: the factor by which weights enlarge the loss and every step.

        A row weighs as the classes of its target do, by their shares.
        """
        return float(self.target_shares @ self.weights)

    @property
    def hard(self) -> EffectivePrior:
        """The prior as it would be without label smoothing."""
        return replace(self, smoothing=0.0) if self.smoothing else self

    @property
    def lean(self) -> Floats:
        """(k,) logarithms of what weights and shifts multiply targets by; 0 where several classes may hold."""
        return self.shifts if self.multi_label else np.log(self.weights) + self.shifts

    def overshoots(self, limit: float = LIMIT) -> bool:
        """Return whether the skew is inverted: an exponent above `limit`, and a prior skewed the other way.

        That is a class with a prior at least `SKEWED` times that of a class with `SKEWED` times its rows or more.
        An exponent slightly above 1 of classes of similar size leaves the prior nearly uniform.
        """
        # Both, since among classes of nearly equal size small differences give a large exponent.
        return self.exponent > limit + 1e-9 and inversion(self.counts, self.shares) >= SKEWED - 1e-9

    def shifted(self, shifts: Floats) -> EffectivePrior:
        """Return the prior after further logit shifts (k,), as post-hoc adjustment applies them."""
        return replace(self, shifts=self.shifts + shifts)

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "classes": [
                {
                    "class": name,
                    "rows": float(self.counts[c]),
                    "natural": float(self.natural[c]),
                    "batch": float(self.batch_shares[c]),
                    "weight": float(self.weights[c]),
                    "shift": float(self.shifts[c]),
                    "effective": float(self.shares[c]),
                    "recurrence": float(self.recurrences[c]),
                }
                for c, name in enumerate(self.names)
            ],
            "exponent": self.exponent,
            "parts": self.parts,
            "recurrence": self.recurrence,
            "rarest": self.names[self.rarest] if self.k else "",
            "epoch_rows": self.epoch_rows,
            "mean_weight": self.mean_weight,
            "label_smoothing": self.smoothing,
            "measured": self.measured,
        }

    def __str__(self) -> str:
        from evenhand.balance.prior.describe import prior_lines

        return "\n".join(prior_lines(self))

    def __repr__(self) -> str:
        return f"EffectivePrior({self.k} classes, exponent {self.exponent:.2f})"

    def _repr_html_(self) -> str:
        from evenhand.balance.prior.describe import prior_html

        return prior_html(self)


def effective_prior(
    counts: npt.ArrayLike | Mapping[str, float],
    *,
    sampler: Given = "none",
    weights: Given = "none",
    loss: str | Mapping[str, Any] = "cross_entropy",
    names: Sequence[str] | None = None,
    label_smoothing: float = 0.0,
) -> EffectivePrior:
    """Return the class prior that a model is made to assume, given the number of rows per class.

    Parameters
    ----------
    counts
        (k,) training rows per class, or class -> rows.
    sampler
        As in `[balance] sampler`: a name, or a table with `name` and options; or (k,) relative sampling
        weights of a row.
    weights
        As in `[balance] weights`, or (k,) class weights.
    loss
        As in `[balance] loss`.
    names
        The k classes; "0", "1", … where neither they nor `counts` name them.
    label_smoothing
        As in `[train] label_smoothing`: share of each target that is spread evenly over the k classes.

    Raises
    ------
    EvenhandError
        If a name or an option is wrong, or lengths differ.

    >>> both = effective_prior({"N": 900, "S": 20, "V": 80}, sampler="balanced", weights="inverse")
    >>> both.shares.round(3).tolist(), round(both.exponent, 6)
    ([0.017, 0.786, 0.197], 2.0)
    >>> smoothed = effective_prior({"N": 900, "S": 20, "V": 80}, weights="inverse", label_smoothing=0.1)
    >>> smoothed.shares.round(3).tolist(), round(smoothed.exponent, 2)
    ([0.194, 0.532, 0.273], 1.25)
    """
    rows, known = _counted(counts, names)
    how = None if _is_list(sampler) else of_classes(section_of(SAMPLERS, _choice(sampler)), rows, known)
    sampling = (
        over_present(how.sampling_weights, rows, absent=0.0) if how is not None else _listed(sampler, rows, 0.0)
    )
    weigh = None if _is_list(weights) else of_classes(section_of(WEIGHTS, _choice(weights)), rows, known)
    costs = (
        over_present(weigh.class_weights, rows, absent=1.0) if weigh is not None else _listed(weights, rows, 1.0)
    )
    made = of_classes(section_of(LOSSES, loss), rows, known)
    return prior_of(rows, known, sampling, costs, made, how, smoothing=_smoothing(label_smoothing))


def prior_of(
    counts: Floats,
    names: Sequence[str],
    sampling: Floats,
    class_weights: Floats,
    loss: Any,
    sampler: Any = None,
    *,
    multi_label: bool = False,
    rows: float | None = None,
    smoothing: float = 0.0,
    known: tuple[Floats, Floats] | None = None,
) -> EffectivePrior:
    """Return the prior from figures per class and the sections of loss and sampler.

    Parameters
    ----------
    rows
        Training rows; the sum of `counts` where not given. It differs where rows hold several classes, or weigh.
    smoothing, known
        As in `EffectivePrior`.
    """
    present = counts > 0
    own = over_present(loss.class_weights, counts, absent=1.0) if isinstance(loss, ClassWeights) else None
    shift = over_present_shift(loss.logit_shifts, counts) if isinstance(loss, ShiftsLogits) else None
    total = float(counts.sum()) if rows is None else rows
    subset = isinstance(sampler, OfSubset) and present.any()
    return EffectivePrior(
        names=tuple(names),
        counts=counts,
        sampling=sampling,
        class_weights=class_weights,
        loss_weights=np.ones(len(counts)) if own is None else own,
        shifts=np.zeros(len(counts)) if shift is None else shift,
        epoch_rows=min(float(sampler.epoch_rows(counts[present])), total) if subset else total,
        measured=loss.measured if isinstance(loss, OfModel) else "",
        multi_label=multi_label,
        smoothing=smoothing,
        rows=0.0 if rows is None else rows,
        known=known,
    )


def _smoothing(given: Any) -> float:
    """Return a share of smoothing as a float; raises `EvenhandError` if it is not a number between 0 and 1."""
    share = numbers(given, "label_smoothing")
    if share.ndim or not 0 <= share <= 1:
        raise EvenhandError(f"label_smoothing must be a number from 0 to 1; found {given!r}.")
    return float(share)


def _counted(counts: Any, names: Sequence[str] | None) -> tuple[Floats, tuple[str, ...]]:
    if isinstance(counts, Mapping):
        names, counts = list(counts) if names is None else names, list(counts.values())
    rows = rows_per_class(counts)
    known = tuple(str(c) for c in range(len(rows))) if names is None else tuple(str(name) for name in names)
    if len(known) != len(rows):
        raise EvenhandError(f"{len(known)} names were given for {len(rows)} counts; there must be one for each.")
    return rows, known


def _is_list(given: Given) -> bool:
    return not isinstance(given, (str, Mapping))


def _choice(given: Any) -> str | Mapping[str, Any]:
    return given  # type: ignore[no-any-return]


def _listed(given: Any, rows: Floats, absent: float) -> Floats:
    """Return figures given for each class, scaled to a mean of 1 over rows."""
    figures = numbers(given, "Figures per class")
    if figures.shape != rows.shape or not np.isfinite(figures).all() or (figures < 0).any():
        raise EvenhandError(
            f"Figures per class must be {len(rows)} numbers from 0 up, one for each class; found {given!r}."
        )
    if not (figures * rows).sum():
        raise EvenhandError("Figures per class must be above 0 for at least one class that has rows.")
    return over_present(lambda _: figures[rows > 0], rows, absent)


def _shares(amounts: Floats) -> Floats:
    total = amounts.sum()
    return np.asarray(amounts / total if total > 0 else amounts)

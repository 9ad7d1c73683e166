"""The ceiling that disagreement of raters sets: the score of an ideal model against labels like those there are.

Each row has a true rate for each label: the share of all raters who would give it. An ideal model knows the rates,
and is still scored against labels that a few raters gave. Rates are taken to follow a beta distribution over rows
(of classes that exclude one another, a Dirichlet distribution), so that labels of a known number of raters are
beta-binomial (Skellam 1948) or Dirichlet-multinomial (Mosimann 1962). Agreement within rows of several raters
determines its spread. It is fitted by maximum likelihood (empirical Bayes; Griffiths 1973; Minka 2000), rates are
drawn given the labels of each row, as many raters label anew, and metrics of the rates against the new labels are
taken: a posterior predictive simulation (Rubin 1984; Gelman, Meng and Stern 1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, digamma, expit, gammaln, logit

from evenhand.base.seeds import generator
from evenhand.base.values import TRUTH_THRESHOLD, Floats, Interval, Ints, Predictions, Strings
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.metric_names import Levels, Sets
from evenhand.evaluation.resampling.resampling_units import group_numbers

LEAST_PAIRS = 30
"""Fewer rows of two or more raters say too little about their agreement."""
_WHOLE = 0.02
"""Shares times raters may miss a whole number by this much, as tables round shares."""


@dataclass(frozen=True, eq=False)
class RaterLabels:
    """Labels as raters gave them.

    Attributes
    ----------
    classes
        The k class names.
    counts
        (n, k) float64 whole numbers of raters who gave each label, NaN where it is not known.
    raters
        (n,) float64 whole numbers of raters, at least 1.
    groups
        (n,) group names, which are resampled together, or None.
    truth_threshold
        The share of raters from which on a label counts as true.
    """

    classes: tuple[str, ...]
    counts: Floats
    raters: Floats
    groups: object = None
    truth_threshold: float = TRUTH_THRESHOLD

    @property
    def exclusive(self) -> bool:
        """Whether every rater gave exactly one label."""
        return bool((np.nansum(self.counts, axis=1) == self.raters).all()) and not np.isnan(self.counts).any()


def rater_labels(
    classes: Sequence[str],
    shares: Floats,
    raters: Floats | None,
    *,
    groups: object = None,
    truth_threshold: float = TRUTH_THRESHOLD,
) -> RaterLabels | None:
    """Return labels of raters from shares and weights; None if they are not that, or few rows have two raters.

    Parameters
    ----------
    shares
        (n, k) share of raters who gave each label, NaN where it is not known.
    raters
        (n,) weights of the rows: whole numbers from 1 up if they are numbers of raters.
    """
    if raters is None or shares.ndim != 2 or not len(shares):
        return None
    whole = (raters >= 1) & (raters == np.round(raters))
    counts = shares * raters[:, None]
    if not whole.all() or (np.abs(counts - np.round(counts)) > _WHOLE * raters[:, None]).any():
        return None
    if (raters >= 2).sum() < LEAST_PAIRS:
        return None
    return RaterLabels(
        tuple(classes), np.round(counts), np.asarray(raters, dtype=np.float64), groups, truth_threshold
    )


def rater_ceiling(
    labels: RaterLabels,
    metrics: Sequence[str],
    *,
    argmax: bool = False,
    sets: Sets | None = None,
    levels: Levels | None = None,
    draws: int = 100,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval]:
    """Return what each metric would be of a model that knows the rates of all labels and nothing of the raters.

    The interval holds the metric of such a model on labels of this number of rows, groups and raters.

    Parameters
    ----------
    metrics
        Names of metrics.
    argmax
        Evaluate the most frequent label of each row as its only class, the first of ties; rows that no rater gave a
        label are left out. Metrics are those of one label per row then.
    sets, levels
        As `evaluate` takes them.
    draws
        Number of simulations. Each resamples groups, fits the distributions anew, and labels anew.
    level
        Nominal coverage of the interval.

    Raises
    ------
    DataError
        If a name is not a metric here.

    Notes
    -----
    Assumes that raters are exchangeable and independent given the rates; where several labels may be given, that
    they are given independently of one another; and that rates follow the distribution named. Errors that all
    raters share are no disagreement: a model can be held back by them too.
    """
    rng = generator("rater ceiling", seed)
    groups = group_numbers(labels.groups, len(labels.raters))
    of = np.arange(len(labels.raters)) if groups is None else groups
    members = np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of))[:-1])
    found = np.full((draws, len(metrics)), np.nan)
    for draw in range(draws):
        picked = rng.integers(0, len(members), len(members))
        rows = np.concatenate([members[one] for one in picked])
        # A group that was picked twice is two groups.
        sizes = [len(members[one]) for one in picked]
        group = None if groups is None else np.repeat(np.arange(len(picked)), sizes).astype(str).astype(object)
        p = _labelled_anew(labels, rows, group, argmax, rng)
        if p is not None:
            found[draw] = [one.estimate() for one in ask(rows_of(p), metrics, sets or {}, levels or {})]
    return {
        name: _interval(values, len(labels.raters), len(members), level)
        for name, values in zip(metrics, found.T, strict=True)
    }


def _interval(values: Floats, n: int, groups: int, level: float) -> Interval:
    known = values[np.isfinite(values)]
    if len(known) < len(values) / 2:
        return Interval(
            np.nan, np.nan, np.nan, n, groups, level, how="not defined in most simulations", enough=False
        )
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(known.mean()), float(low), float(high), n, groups, level, how="raters simulated anew")


def _labelled_anew(
    labels: RaterLabels, rows: Ints, group: Strings | None, argmax: bool, rng: np.random.Generator
) -> Predictions | None:
    """Return rates drawn given the labels of some rows, as predictions of labels that as many raters give anew."""
    counts, raters = labels.counts[rows], labels.raters[rows]
    if labels.exclusive:
        alpha = fitted_dirichlet(counts)
        rates = rng.standard_gamma(alpha + counts)
        rates /= rates.sum(axis=1, keepdims=True)
        anew = rng.multinomial(raters.astype(np.int64), rates).astype(np.float64)
    else:
        shapes = np.array([fitted_beta(column, raters) for column in counts.T])
        given = np.nan_to_num(
            counts
        )  # of a label that is not known, the rate is drawn from the distribution itself
        missing = np.isnan(counts)
        others = np.where(missing, 0.0, raters[:, None] - given)
        rates = rng.beta(shapes[:, 0] + given, shapes[:, 1] + others)
        anew = np.where(missing, np.nan, rng.binomial(raters.astype(np.int64)[:, None], rates))
    ids = np.arange(len(rows)).astype(str)
    if not argmax:
        truth = anew / raters[:, None]
        return Predictions(ids, labels.classes, rates, truth, groups=group, truth_threshold=labels.truth_threshold)
    ticked = np.nan_to_num(anew).max(axis=1) > 0
    if not ticked.any():
        return None
    rates = rates[ticked] / rates[ticked].sum(axis=1, keepdims=True)
    group = None if group is None else group[ticked]
    return Predictions(ids[ticked], labels.classes, rates, np.nan_to_num(anew)[ticked].argmax(axis=1), groups=group)


def fitted_beta(counts: Floats, raters: Floats) -> tuple[float, float]:
    """Return a and b of the beta distribution of rates, by maximum likelihood of beta-binomial counts.

    Where all rows agree, the distribution is that of rates near 0 and 1, as far as its parameters reach.

    Parameters
    ----------
    counts
        (n,) raters who gave a label, NaN where it is not known.
    raters
        (n,) raters of each row.
    """
    known = ~np.isnan(counts)
    # Few pairs of numbers occur: the likelihood is summed over them, not over rows.
    cells, times = np.unique(np.stack([counts[known], raters[known]]), axis=1, return_counts=True)
    if not len(times):
        return 1.0, 1.0  # nothing is known of it in these rows
    given, of = cells
    mean = float(((times * given).sum() + 0.5) / ((times * of).sum() + 1.0))

    def loss(at: Floats) -> float:
        a, b = _shapes(at)
        return -float(times @ (betaln(given + a, of - given + b) - betaln(a, b)))

    found = minimize(loss, np.array([logit(mean), 0.0]), method="L-BFGS-B", bounds=[(-12, 12), (-8, 8)])
    return _shapes(found.x)


def _shapes(at: Floats) -> tuple[float, float]:
    """Return a and b from the logits of the mean a / (a + b) and of the correlation of raters 1 / (a + b + 1)."""
    mean, correlation = expit(at)
    size = 1.0 / correlation - 1.0
    return float(mean * size), float((1.0 - mean) * size)


def fitted_dirichlet(counts: Floats, *, steps: int = 200) -> Floats:
    """Return (k,) parameters of the Dirichlet distribution of rates, by Minka's fixed point (2000, eq. 55).

    Parameters
    ----------
    counts
        (n, k) raters who gave each of k classes that exclude one another.
    """
    rows, times = np.unique(counts, axis=0, return_counts=True)
    raters = rows.sum(axis=1)
    alpha = np.maximum(times @ rows / (times @ raters), 1e-6)
    for _ in range(steps):
        total = alpha.sum()
        above = times @ (digamma(rows + alpha) - digamma(alpha))
        below = times @ (digamma(raters + total) - digamma(total))
        before, alpha = alpha, np.clip(alpha * above / max(below, 1e-12), 1e-6, 1e6)
        if np.abs(alpha - before).max() < 1e-6 * before.max():
            break
    return np.asarray(alpha)


def dirichlet_likelihood(counts: Floats, alpha: Floats) -> float:
    """Return the log likelihood of Dirichlet-multinomial counts, without the multinomial coefficients."""
    total = alpha.sum()
    each = gammaln(total) - gammaln(counts.sum(axis=1) + total)
    return float((each + (gammaln(counts + alpha) - gammaln(alpha)).sum(axis=1)).sum())

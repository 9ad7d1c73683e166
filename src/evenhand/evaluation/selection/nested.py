"""The nested evaluation: every step naive and nested, against chance, and the best corrected for selection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.values import Floats, Interval, Ints, Predictions, Verdict
from evenhand.evaluation.comparison.verdicts import WORTH_CARING, Question, verdicts
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.figures.evaluate import intervals_over, labelled
from evenhand.evaluation.figures.learning_variance import Learning, learning
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.metric_names import Levels, MetricNameError, Sets
from evenhand.evaluation.resampling.bootstrap import bootstrap
from evenhand.evaluation.resampling.differences import combined, difference
from evenhand.evaluation.resampling.paired_interval import Spread, spread
from evenhand.evaluation.resampling.resampling_units import group_numbers, groups_in_several_folds
from evenhand.evaluation.selection.best_of import BestOf, best_of
from evenhand.evaluation.selection.chance import by_chance
from evenhand.evaluation.selection.selection_report import Gap, NestedEvaluation, SelectionStep

Score = str | Mapping[str, float]
"""A metric, or metrics with the weights of their sum, as in [score]."""


@dataclass(frozen=True, eq=False)
class Step:
    """A model or blend to be evaluated.

    Attributes
    ----------
    nested
        Each row predicted by what was learned from other folds; for a single model its out-of-fold predictions.
    naive
        Each row predicted by what was learned from all rows, or None for a single model.
    reliable
        Whether everything in it is out of fold here.
    relearned
        All rows, predicted by what was learned without each of the folds; the variance of their figures is the
        learning variance. Consumed once.
    """

    nested: Predictions
    naive: Predictions | None = None
    reliable: bool = True
    relearned: Iterable[Predictions] = ()


@dataclass(frozen=True)
class _Evaluator:
    """The settings of the evaluation: the arguments of `evaluate_steps`."""

    weights: Mapping[str, float]
    sets: Sets
    levels: Levels
    smallest: float
    draws: int
    level: float
    seed: int

    @property
    def metric(self) -> str:
        """The one metric, or "score" for a sum."""
        return next(iter(self.weights)) if len(self.weights) == 1 else "score"

    def measure(self, p: Predictions) -> Measure:
        """Return the metric, or the weighted sum of metrics (losses negated), of predictions."""
        measures = ask(rows_of(labelled(p)), list(self.weights), self.sets, self.levels)
        if len(measures) == 1:
            return measures[0]
        signs = [1.0 if one.metric.higher_is_better else -1.0 for one in measures]
        total = combined(measures, [by * sign for by, sign in zip(self.weights.values(), signs, strict=True)])
        return replace(total, metric=replace(total.metric, higher_is_better=True))

    def replicates(self, measures: Sequence[Measure], groups: Ints | None) -> Floats:
        """Return (len(measures), draws) bootstrap replicates."""
        return bootstrap(measures, groups, draws=self.draws, seed=self.seed)

    def questions(self, names: Sequence[tuple[str, str]], spreads: Sequence[Spread], up: bool) -> list[Verdict]:
        """Return verdicts on differences, as one family."""
        asked = [Question(a, b, self.metric, up, one) for (a, b), one in zip(names, spreads, strict=True)]
        return verdicts(asked, smallest=self.smallest, level=self.level)


def evaluate_steps(
    steps: Sequence[Step],
    score: Score = "macro_f1",
    *,
    gaps: Sequence[Gap] = (),
    sets: Sets | None = None,
    levels: Levels | None = None,
    smallest: float = WORTH_CARING,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> NestedEvaluation:
    """Return the nested evaluation of every step, all on the same rows.

    Parameters
    ----------
    steps
        Single models and blends, on the same rows in the same order with the same truth and groups.
    score
        A metric, or metrics with weights.
    gaps
        Missing rows of models, passed through to the result.
    sets, levels, smallest, draws, level, seed
        As in `compare_predictions`.

    Raises
    ------
    DataError
        If there is no step, no truth is known, or the metric is not one.
    """
    if not steps:
        raise DataError("There is no model to evaluate; pass the predictions of at least one.")
    weights = {score: 1.0} if isinstance(score, str) else score
    how = _Evaluator(weights, sets or {}, levels or {}, smallest, draws, level, seed)
    first = labelled(steps[0].nested)
    groups = group_numbers(first.groups, len(first))
    nested = [how.measure(step.nested) for step in steps]
    naive = [
        own if step.naive is None else how.measure(step.naive) for step, own in zip(steps, nested, strict=True)
    ]
    # One pass over the generator of each step: what it was relearned to is not kept in memory.
    taught = [learning([how.measure(p).estimate() for p in step.relearned]) for step in steps]
    evaluated = _evaluated(steps, nested, naive, taught, groups, how)
    best, naive_best = _best(evaluated, nested, groups, how)
    return NestedEvaluation(
        metric=how.metric,
        steps=tuple(evaluated),
        best=best,
        naive_best=naive_best,
        verdicts=tuple(_against_best_model(evaluated, nested, taught, groups, how)),
        n=len(first),
        groups=evaluated[0].nested.groups,
        gaps=tuple(gaps),
        higher_is_better=nested[0].metric.higher_is_better,
        groups_in_several_folds=groups_in_several_folds(first.groups, first.fold),
    )


def _best(
    evaluated: Sequence[SelectionStep], nested: Sequence[Measure], groups: Ints | None, how: _Evaluator
) -> tuple[BestOf, float]:
    """Return the best step, corrected for having been chosen, and the best naive figure."""
    # If nothing is out of fold, the best of all is still reported, and the text says that none is reliable.
    among = [at for at, step in enumerate(evaluated) if step.reliable] or list(range(len(evaluated)))
    whole = [evaluated[at].naive.estimate for at in among]
    naive_best = float(np.nanmax(whole) if nested[0].metric.higher_is_better else np.nanmin(whole))
    best = best_of(
        [nested[at] for at in among],
        [evaluated[at].name for at in among],
        groups,
        intervals=[evaluated[at].nested for at in among],
        reported=naive_best,
        draws=max(200, how.draws // 2),
        level=how.level,
        seed=how.seed,
    )
    return best, naive_best


def _evaluated(
    steps: Sequence[Step],
    nested: Sequence[Measure],
    naive: Sequence[Measure],
    taught: Sequence[Learning],
    groups: Ints | None,
    how: _Evaluator,
) -> list[SelectionStep]:
    """Return every step with its figures."""
    figures = _figures([*nested, *naive], groups, how)
    chance = _against_chance(steps, nested, taught, groups, how)
    optimism = _optimism(nested, naive, groups, how)
    return [
        SelectionStep(
            name=step.nested.model,
            naive=figures[len(steps) + at],
            nested=taught[at].widened(figures[at], *nested[at].metric.bounds),
            optimism=optimism[at],
            blend=step.naive is not None,
            chance=chance[at],
            reliable=step.reliable,
        )
        for at, step in enumerate(steps)
    ]


def _figures(measures: Sequence[Measure], groups: Ints | None, how: _Evaluator) -> list[Interval]:
    """Return the interval of each measure; for a sum of metrics, combined from theirs."""
    # A bootstrap of the sum would lose the limits of its terms for small classes (see `differences.combined`).
    apart = {id(one): [term for _, term in one.metric.terms] or [one] for one in measures}
    every = list(chain(*apart.values()))
    made = intervals_over(every, groups, draws=how.draws, level=how.level, seed=how.seed)
    of = dict(zip(map(id, every), made, strict=True))
    found = {key: [of[id(term)] for term in terms] for key, terms in apart.items()}
    return [_summed(one, found[id(one)]) if one.metric.terms else of[id(one)] for one in measures]


def _summed(one: Measure, intervals: Sequence[Interval]) -> Interval:
    """Return the interval of a sum from those of its terms, assuming perfect correlation (conservative).

    Distances from figure to limit are added up (the method of variance estimates recovery with the correlation 1;
    Zou & Donner 2008). The sum is too few to tell where one of its terms is.
    """
    weights = np.array([by for by, _ in one.metric.terms])
    lows, highs = (np.array([getattr(own, end) for own in intervals]) for end in ("low", "high"))
    low = float(np.where(weights > 0, lows, highs) @ weights)
    high = float(np.where(weights > 0, highs, lows) @ weights)
    least = next((own for own in intervals if not own.enough), intervals[0])
    estimate = one.estimate()
    return replace(
        least,
        estimate=estimate,
        low=min(low, estimate),
        high=max(high, estimate),
        n=min(own.n for own in intervals),
        groups=min(own.groups for own in intervals),
        how=least.how if not least.enough else f"{least.how}, each of {len(intervals)} metrics apart",
    )


def _optimism(
    nested: Sequence[Measure], naive: Sequence[Measure], groups: Ints | None, how: _Evaluator
) -> list[Interval]:
    """Return the optimism of each naive figure; 0 where it is the nested one."""
    # By identity: a single model learns nothing here, so its naive measure is its nested one.
    apart = [at for at, one in enumerate(naive) if one is not nested[at]]
    pairs = [(naive[at], nested[at]) for at in apart]
    flattery = [difference(a, b) if a.metric.higher_is_better else difference(b, a) for a, b in pairs]
    drawn = how.replicates(flattery, groups) if flattery else ()
    found = {
        at: spread(one, groups, own).interval(how.level)
        for at, one, own in zip(apart, flattery, drawn, strict=True)
    }
    n = len(nested[0].rows)
    nothing = Interval(0.0, 0.0, 0.0, n, n, how.level, "learns nothing from out-of-fold predictions")
    return [found.get(at, nothing) for at in range(len(nested))]


def _against_chance(
    steps: Sequence[Step],
    nested: Sequence[Measure],
    taught: Sequence[Learning],
    groups: Ints | None,
    how: _Evaluator,
) -> Sequence[Verdict | None]:
    """Return the verdict of each step against chance, as one family; None where chance is not known."""
    try:
        chance = [by_chance(one, how.metric, tuple(how.sets), tuple(how.levels)) for one in nested]
    except MetricNameError:
        return [None] * len(nested)
    contrasts = [difference(one, by) for one, by in zip(nested, chance, strict=True)]
    drawn = how.replicates(contrasts, groups)
    spreads = [by.added(spread(one, groups, own)) for one, own, by in zip(contrasts, drawn, taught, strict=True)]
    names = [(step.nested.model, "chance") for step in steps]
    return how.questions(names, spreads, nested[0].metric.higher_is_better)


def _against_best_model(
    evaluated: Sequence[SelectionStep],
    nested: Sequence[Measure],
    taught: Sequence[Learning],
    groups: Ints | None,
    how: _Evaluator,
) -> list[Verdict]:
    """Return the verdict of each blend against the best single model that is out of fold (if there is one)."""
    sign = 1.0 if nested[0].metric.higher_is_better else -1.0
    single = [at for at, step in enumerate(evaluated) if not step.blend and np.isfinite(step.nested.estimate)]
    single = [at for at in single if evaluated[at].reliable] or single
    blends = [at for at, step in enumerate(evaluated) if step.blend]
    if not single or not blends:
        return []
    base = max(single, key=lambda at: sign * evaluated[at].nested.estimate)
    contrasts = [difference(nested[at], nested[base]) for at in blends]
    drawn = how.replicates(contrasts, groups)
    spreads = [
        taught[at].added(spread(one, groups, own)) for at, one, own in zip(blends, contrasts, drawn, strict=True)
    ]
    return how.questions([(evaluated[at].name, evaluated[base].name) for at in blends], spreads, sign > 0)

"""Paired comparison of several models on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.values import Interval, Ints, Predictions, Verdict
from evenhand.evaluation.comparison.changes import Changes, changes
from evenhand.evaluation.comparison.common_rows import in_one_order, with_one_truth
from evenhand.evaluation.comparison.verdicts import WORTH_CARING, Question, verdicts
from evenhand.evaluation.core.evaluated_rows import rows_of
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.figures.evaluate import intervals, labelled
from evenhand.evaluation.figures.learning_variance import learning_of, widened
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.metric_names import Levels, Sets
from evenhand.evaluation.resampling.bootstrap import bootstrap
from evenhand.evaluation.resampling.differences import difference
from evenhand.evaluation.resampling.paired_interval import spread
from evenhand.evaluation.resampling.resampling_units import group_numbers

Against = Literal["first", "all"] | Sequence[tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several models on the same rows.

    Attributes
    ----------
    names
        Of the models; the first is the baseline of the others.
    metrics
        Names of the metrics.
    n, groups
        Compared rows and the independent groups they come from: common to all models, with a known truth.
    left_out
        Name -> number of its rows that are not compared.
    touched
        Ids of rows that are not compared as the models have other labels for them (`compare(same_labels=True)`).
    figures
        Name -> metric -> figure on the compared rows.
    verdicts
        One family: every requested metric and pair.
    changes
        Row-wise changes, one for each pair.
    conditions
        Descriptions of other differences between the runs (see EH402).
    predictions
        The models on the compared rows.
    """

    names: tuple[str, ...]
    metrics: tuple[str, ...]
    n: int
    left_out: Mapping[str, int]
    figures: Mapping[str, Mapping[str, Interval]]
    verdicts: tuple[Verdict, ...]
    changes: tuple[Changes, ...]
    conditions: tuple[str, ...] = ()
    predictions: tuple[Predictions, ...] = field(default=(), repr=False)
    groups: int = 0
    touched: tuple[str, ...] = ()

    @property
    def families(self) -> bool:
        """Whether the groups are families, which folds kept together, rather than named groups."""
        return any(p.families for p in self.predictions)

    @property
    def locked(self) -> int:
        """Locked rows that were left out, of the model with the most."""
        return max((p.locked for p in self.predictions), default=0)

    def table(self) -> pd.DataFrame:
        """Return the verdicts as a frame: name, base, metric, verdict, difference, low, high, detectable, p."""
        rows = [
            {
                "name": v.name,
                "base": v.base,
                "metric": v.metric,
                "verdict": v.word,
                "difference": v.difference.estimate,
                "low": v.difference.low,
                "high": v.difference.high,
                "detectable": v.detectable,
                "p": v.p,
            }
            for v in self.verdicts
        ]
        return pd.DataFrame(rows)

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "names": list(self.names),
            "metrics": list(self.metrics),
            "n": self.n,
            "groups": self.groups,
            "left_out": dict(self.left_out),
            "touched": list(self.touched),
            "figures": {
                name: {metric: figure.document() for metric, figure in figures.items()}
                for name, figures in self.figures.items()
            },
            "verdicts": [verdict.document() for verdict in self.verdicts],
            "changes": [change.document() for change in self.changes],
            "conditions": list(self.conditions),
        }

    def __repr__(self) -> str:
        return "\n".join(map(str, self.verdicts))

    def _repr_html_(self) -> str:
        return self.table().to_html(index=False, escape=True, float_format="{:.4f}".format)


def compare_predictions(
    predictions: Sequence[Predictions],
    metrics: Sequence[str] = ("macro_f1",),
    *,
    against: Against = "first",
    smallest: float = WORTH_CARING,
    sets: Sets | None = None,
    levels: Levels | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Return paired verdicts on the rows that all models have and whose truth is known.

    Parameters
    ----------
    predictions
        At least two, with distinct names. Intervals are taken over their groups.
    metrics
        Names of metrics (docs/reference/metrics.md).
    against
        "first": the first is the base of all others; "all": each against every one before it; or pairs of names,
        the base first. All requested comparisons form one family.
    smallest
        The smallest relevant difference, in the unit of the metrics.
    sets, levels, draws, level, seed
        As in `evaluate`; `level` is that of the family.

    Raises
    ------
    DataError
        If there are fewer than two, names repeat, no row is common to all, classes differ, or two models disagree
        on the truth.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 2, 400)
    >>> def model(name, skill):
    ...     right = np.eye(2)[np.where(rng.random(400) < skill, truth, 1 - truth)]
    ...     return Predictions(np.arange(400).astype(str), ("a", "b"), right, truth, model=name)
    >>> print(compare_predictions([model("old", 0.7), model("new", 0.9)], ["accuracy"]))
    new against old, accuracy: better by +0.2350 [+0.1820, +0.2880].
    """
    _check_names(predictions)
    same = tuple(labelled(p) for p in with_one_truth(in_one_order(predictions)))
    pairs = _pairs([p.model for p in same], against)
    measures = [ask(rows_of(p), list(metrics), sets or {}, levels or {}) for p in same]
    groups = group_numbers(same[0].groups, len(same[0]))
    asked = questions(same, measures, metrics, pairs, groups, draws=draws, seed=seed)
    return Comparison(
        names=tuple(p.model for p in same),
        metrics=tuple(metrics),
        n=len(same[0]),
        left_out={p.model: len(p) - len(same[0]) for p in predictions},
        figures={
            p.model: dict(
                zip(
                    metrics,
                    widened(p, metrics, of, intervals(of, p, draws=draws, level=level, seed=seed)),
                    strict=True,
                )
            )
            for p, of in zip(same, measures, strict=True)
        },
        verdicts=tuple(verdicts(asked, smallest=smallest, level=level)),
        changes=tuple(changes(same[base], same[other]) for base, other in pairs),
        predictions=same,
        groups=len(same[0]) if groups is None else len(set(groups.tolist())),
    )


def questions(
    same: Sequence[Predictions],
    measures: Sequence[Sequence[Measure]],
    metrics: Sequence[str],
    pairs: Sequence[tuple[int, int]],
    groups: Ints | None,
    *,
    draws: int = 2000,
    seed: int = 0,
) -> list[Question]:
    """Return the difference of every pair in every metric, with its uncertainty and direction.

    Parameters
    ----------
    same
        Predictions on the same rows in the same order, with distinct names.
    measures
        For each of them every metric.
    metrics
        Names of the metrics.
    pairs
        (base, other) positions in `same`.
    groups
        (n,) group numbers, or None.
    """
    # Each difference is computed in one direction, and the pairs in one order, whichever model comes first: powers
    # of a negative number, and products of matrices whose columns stand elsewhere, may differ in the last bit
    # between instruction sets.
    named = {p.model: at for at, p in enumerate(same)}
    by_name = sorted(sorted(same[at].model for at in pair) for pair in pairs)
    asked = [(named[a], named[b], at) for a, b in by_name for at in range(len(metrics))]
    # All differences of all pairs are resampled together, so that each pair sees the same replicates.
    contrasts = [difference(measures[b][at], measures[a][at]) for a, b, at in asked]
    replicates = bootstrap(contrasts, groups, draws=draws, seed=seed)
    spreads = {
        (a, b, at): learning_of(same[b], metrics[at]).added(
            learning_of(same[a], metrics[at]).added(spread(one, groups, drawn))
        )
        for (a, b, at), one, drawn in zip(asked, contrasts, replicates, strict=True)
    }
    return [
        Question(
            same[other].model,
            same[base].model,
            metrics[at],
            measures[base][at].metric.higher_is_better,
            spreads[base, other, at] if (base, other, at) in spreads else spreads[other, base, at].reversed(),
        )
        for base, other in pairs
        for at in range(len(metrics))
    ]


def _pairs(names: Sequence[str], against: Against) -> list[tuple[int, int]]:
    """Return (base, other) positions."""
    m = len(names)
    if not isinstance(against, str):
        return [(names.index(base), names.index(other)) for base, other in against]
    if against == "first":
        return [(0, other) for other in range(1, m)]
    return [(base, other) for other in range(1, m) for base in range(other)]


def _check_names(predictions: Sequence[Predictions]) -> None:
    if len(predictions) < 2:
        raise DataError(f"There are predictions of {len(predictions)} model; a comparison needs at least two.")
    names = [p.model for p in predictions]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise DataError(f'Two of the models are named "{name}"; give them distinct names.')

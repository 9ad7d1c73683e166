"""The audit of one figure: its parts, its worst subgroups, and its stability on held-out parts."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.cells import object_array, text_array
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Interval, Predictions, Strings
from evenhand.evaluation.audit.groups import LEAST, GroupFigure, group_figures
from evenhand.evaluation.audit.holdouts import Holdout, drawn_figures, holdout, one_by_one, several_of, stratified
from evenhand.evaluation.core.evaluated_rows import known, rows_of
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.figures.evaluate import intervals, labelled
from evenhand.evaluation.figures.learning_variance import widened
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.metric_names import Levels, Sets
from evenhand.evaluation.resampling.resampling_units import groups_in_several_folds

EMPTY = "(empty)"
"""Name of the part of rows with an empty cell."""
MARGIN = 0.05
"""Default floor of a part, below the figure of all rows."""

TAIL = 0.05
"""Probability that the truth is worse than the audit's `quantile`."""


@dataclass(frozen=True, eq=False)
class Slice:
    """The parts of the rows by one column.

    Attributes
    ----------
    column
        Its name.
    parts
        Every value of it, the worst first.
    """

    column: str
    parts: tuple[GroupFigure, ...]

    def table(self) -> pd.DataFrame:
        """Return the parts as a frame: name, n, accuracy, low, high, expected, verdict, groups."""
        return pd.DataFrame([part.document() for part in self.parts])

    def document(self, *, most: int = 40) -> dict[str, Any]:
        """Return it as plain values, for JSON: the `most` worst, and a count of verdicts."""
        verdicts = [part.verdict for part in self.parts]
        return {
            "column": self.column,
            "parts": [part.document() for part in self.parts[:most]],
            "parts_total": len(self.parts),
            "parts_by_verdict": {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)},
        }


@dataclass(frozen=True, eq=False)
class SlicedRows:
    """The unit of holding out: groups, or parts by a column.

    Attributes
    ----------
    names
        (n,) the part of each row; None where there are none.
    word
        "groups" or "parts".
    """

    names: Strings | None
    word: str

    @classmethod
    def of(cls, p: Predictions, column: Strings | None) -> SlicedRows:
        """Return the parts by a column, or without one the groups."""
        return cls(p.named_groups, "groups") if column is None else cls(column, "parts")


@dataclass(frozen=True, eq=False)
class Audit:
    """The audit of one figure of one model.

    Attributes
    ----------
    model, metric
        What was audited.
    higher_is_better
        Whether more of the metric is better.
    figure
        The figure over all rows, with its interval.
    quantile
        The lower limit of its interval at level 0.90 (for a loss the upper one): the truth is worse one time in
        twenty. Unlike a quantile of bootstrap replicates it allows for classes and groups with few rows.
    rows
        Repeated stratified holdouts of rows.
    each_group, several_groups
        Every group alone (by accuracy, whatever the metric), and several groups at once; None where there are
        too few.
    groups
        Every group by itself, or every part by the first column, the worst first.
    slices
        The parts by each column, where it was audited by columns.
    groups_in_several_folds, groups_in_all
        Number of groups that lie in several folds, so that models were trained on rows of the groups they are
        evaluated on, and of all groups; groups are those of the predictions, whatever it was audited by.
    locked
        Locked rows of the predictions, which were left out.
    """

    model: str
    metric: str
    higher_is_better: bool
    figure: Interval
    quantile: float
    rows: Holdout
    each_group: Holdout | None
    several_groups: Holdout | None
    groups: tuple[GroupFigure, ...]
    groups_in_several_folds: int = 0
    slices: tuple[Slice, ...] = ()
    groups_in_all: int = 0
    locked: int = 0

    @property
    def holdouts(self) -> tuple[Holdout, ...]:
        """The available holdouts."""
        return tuple(one for one in (self.rows, self.several_groups, self.each_group) if one is not None)

    @property
    def below(self) -> tuple[GroupFigure, ...]:
        """Groups whose interval lies below the accuracy expected for their classes."""
        return tuple(group for group in self.groups if group.verdict == "below")

    def table(self) -> pd.DataFrame:
        """Return the holdouts as a frame: says, draws, median, quantile, lowest, floor, below."""
        columns = ["description", "draws", "median", "quantile", "lowest", "floor", "below"]
        return pd.DataFrame([one.document() for one in self.holdouts], columns=columns)

    def group_table(self) -> pd.DataFrame:
        """Return the groups as a frame: name, n, accuracy, low, high, expected, verdict."""
        columns = ["name", "n", "accuracy", "low", "high", "expected", "verdict"]
        return pd.DataFrame([group.document() for group in self.groups], columns=columns)

    def document(self, *, most_groups: int = 40) -> dict[str, Any]:
        """Return it as plain values, for JSON; of the groups the `most_groups` worst and a count of verdicts."""
        verdicts = [group.verdict for group in self.groups]
        return {
            "model": self.model,
            "metric": self.metric,
            "higher_is_better": self.higher_is_better,
            "figure": self.figure.document(),
            "quantile": self.quantile if np.isfinite(self.quantile) else None,
            "holdouts": [one.document() for one in self.holdouts],
            "groups": [group.document() for group in self.groups[:most_groups]],
            "groups_total": len(self.groups),
            "divided": self.groups_in_several_folds,
            "groups_in_all": self.groups_in_all,
            "groups_by_verdict": {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)},
            "slices": [one.document(most=most_groups) for one in self.slices],
            **({"locked": self.locked} if self.locked else {}),
        }

    def __repr__(self) -> str:
        words = f"Audit({self.model or 'unnamed'}: {self.metric} {self.figure}"
        return f"{words}, lowest held out {min((h.lowest for h in self.holdouts), default=np.nan):.3f})"

    def _repr_html_(self) -> str:
        tables = (self.table(), self.group_table().head(20))
        return f"<p>{html.escape(repr(self))}</p>" + "".join(t.to_html(index=False, escape=True) for t in tables)


def audit(
    p: Predictions,
    *,
    by: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    metric: str = "macro_f1",
    floor: float | None = None,
    held: float = 0.2,
    sets: Sets | None = None,
    levels: Levels | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Audit:
    """Return the audit of one model's predictions; predictions are rescored, nothing is fitted.

    Parameters
    ----------
    p
        Predictions with their truth.
    by
        (n,) parts to audit by, such as the shop of each row, or several such columns by name; by default
        `p.named_groups`. Rows with an empty cell form one part. Intervals come from resampling `p.groups` in either
        case.
    metric
        Name of the figure ("macro_f1", "recall[S]").
    floor
        A value that every part should reach; by default `MARGIN` below the figure (above it, for a loss).
    held
        Share of the rows, and of the groups, held out at once.
    sets, levels, draws, level, seed
        As in `evaluate`; a quarter of the draws is used for each way of holding out.

    Raises
    ------
    DataError
        If no truth is known, `by` does not fit the rows, or `held` is not between 0 and 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.integers(0, 3, 300)
    >>> probabilities = 0.6 * rng.dirichlet(np.ones(3), 300) + 0.4 * np.eye(3)[truth]
    >>> p = Predictions(np.arange(300).astype(str), ("a", "b", "c"), probabilities, truth)
    >>> shop = rng.integers(0, 10, 300)
    >>> audit(p, by=shop, metric="accuracy").several_groups.description
    '2 of 10 parts held out'
    """
    if not 0 < held < 1:
        raise DataError(f"The share to hold out is {held:g}; it must lie between 0 and 1.")
    columns = _columns(p, by)
    if p.truth is not None:
        there = known(p.truth)
        columns = {name: values[there] for name, values in columns.items()}
    p = labelled(p)
    of = SlicedRows.of(p, next(iter(columns.values()), None))
    measure = ask(rows_of(p), [metric], sets or {}, levels or {})[0]
    figure, nine_of_ten = (
        widened(p, [metric], [measure], intervals([measure], p, draws=draws, level=at, seed=seed))[0]
        for at in (level, 1 - 2 * TAIL)
    )
    better = measure.metric.higher_is_better
    reach = figure.estimate + (-MARGIN if better else MARGIN) if floor is None else floor
    some = max(100, draws // 4)
    return Audit(
        model=p.model,
        metric=metric,
        higher_is_better=better,
        figure=figure,
        quantile=nine_of_ten.low if better else nine_of_ten.high,
        rows=_some_rows(measure, reach, held, some, seed),
        each_group=_each_part(p, of, floor if better else None),
        several_groups=_several_parts(measure, of, reach, held, some, seed),
        groups=tuple(group_figures(p, of.names, units=p.groups if columns else None)),
        groups_in_several_folds=groups_in_several_folds(p.groups, p.fold),
        locked=p.locked,
        groups_in_all=0 if p.groups is None else len(set(p.groups)),
        slices=tuple(
            Slice(name, tuple(group_figures(p, values, units=p.groups))) for name, values in columns.items()
        ),
    )


def _some_rows(measure: Measure, floor: float, held: float, draws: int, seed: int) -> Holdout:
    """Return the repeated holdout of a share of the rows of every class."""
    rows = measure.rows
    # By class, so that a holdout does not lose a rare class by chance; rows with several labels have no one class.
    stratum = np.zeros(len(rows), dtype=np.int64) if rows.several else rows.truth
    pick = stratified(stratum, held)
    figures = drawn_figures(measure, np.arange(len(rows)), len(rows), pick, draws=draws, seed=seed)
    description = f"{held:.0%} of the rows of every class held out"
    return holdout(description, figures, floor, higher_is_better=measure.metric.higher_is_better)


def _each_part(p: Predictions, of: SlicedRows, floor: float | None) -> Holdout | None:
    """Return the accuracy of every large part alone.

    Always accuracy: a macro average within one group would count every class that the group lacks, but that is
    predicted once, as 0.
    """
    if of.names is None:
        return None
    names, number = unique_names(of.names)
    large = np.bincount(number) >= LEAST
    if len(names) < 2 or not large.any():
        return None
    measure = ask(rows_of(p), ["subset_accuracy" if p.multi_label else "accuracy"], {}, {})[0]
    floor = measure.estimate() - MARGIN if floor is None else floor
    few = "" if large.all() else f" of {LEAST} rows or more"
    description = f"each of {int(large.sum()):,} {of.word}{few} alone, accuracy"
    return holdout(description, one_by_one(measure, number, len(names))[large], floor)


def _several_parts(
    measure: Measure, of: SlicedRows, floor: float, held: float, draws: int, seed: int
) -> Holdout | None:
    """Return the repeated holdout of several parts at once."""
    if of.names is None or len(set(of.names)) < 3:
        return None
    names, number = unique_names(of.names)
    g = len(names)
    count = min(g - 1, max(2, round(held * g)))
    figures = drawn_figures(measure, number, g, several_of(g, count), draws=draws, seed=seed)
    description = f"{count:,} of {g:,} {of.word} held out"
    return holdout(description, figures, floor, higher_is_better=measure.metric.higher_is_better)


def _columns(p: Predictions, by: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None) -> dict[str, Strings]:
    """Return name -> (n,) the part of each row."""
    if by is None:
        return {}
    out = {}
    for name, values in (by if isinstance(by, Mapping) else {"part": by}).items():
        parts = np.asarray(values, dtype=object)
        if parts.shape != (len(p),):
            raise DataError(
                f"The groups to audit by have the shape {parts.shape} for {len(p)} rows; there must be one per row."
            )
        out[name] = part_names(parts)
    return out


def part_names(cells: npt.NDArray[Any]) -> Strings:
    """Return (n,) the part of each row by the cells of a column; rows with an empty cell form one part, "(empty)".

    Rows without a group may come from anywhere and stay apart; rows with an empty cell share that property.
    """
    names, empty = text_array(cells), EMPTY
    while empty in set(names):
        empty = f"({empty})"
    return object_array(empty if name is None else name for name in names)

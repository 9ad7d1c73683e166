"""Build measures from names of metrics and rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evenhand.base.errors import DataError, nearest
from evenhand.base.values import Ints
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows, coarser
from evenhand.evaluation.core.metric import Measure, measure
from evenhand.evaluation.metrics.metric_names import Asked, Levels, MetricNameError, Sets, parse


def ask(rows: EvaluatedRows, names: Sequence[str], sets: Sets, levels: Levels) -> list[Measure]:
    """Return the measures for these names; rows at one level of classes are shared.

    Where no sets or levels are given, names may have those of the rows (`EvaluatedRows.named`) as suffix.

    Raises
    ------
    MetricNameError, DataError
        If a name is not a metric, does not apply to these labels, or names an unknown class.
    """
    sets, levels = sets or rows.named.sets, levels or rows.named.levels
    return [_measure(rows, parse(name, sets, levels), sets, levels) for name in names]


def _measure(rows: EvaluatedRows, asked: Asked, sets: Sets, levels: Levels) -> Measure:
    fits = asked.metric.labels in ("any", "several" if rows.several else "one")
    if not fits:
        other = "one label" if rows.several else "several labels"
        raise MetricNameError(asked.name, f"is for data with {other} per row")
    if asked.metric.of_groups and (rows.groups is None or rows.families):
        raise MetricNameError(
            asked.name, "compares groups of rows, and none are named; name their column in data.group"
        )
    if asked.kind == "level":
        level = asked.suffix
        rows = rows.once(("level", level), lambda: coarser(rows, levels[level]))
    return measure(asked.metric, rows, _chosen(rows, asked, sets))


def _chosen(rows: EvaluatedRows, asked: Asked, sets: Sets) -> Ints:
    if asked.one is not None:
        return positions(rows.classes, [asked.one], asked.name)
    if asked.kind == "set":
        return positions(rows.classes, sets[asked.suffix], f"classes.{asked.suffix}")
    return np.arange(rows.k)


def positions(classes: Sequence[str], names: Sequence[str], where: str) -> Ints:
    """Return the positions of the named classes.

    Raises
    ------
    DataError
        If a name is not among the classes; the message contains `where`.
    """
    at = {name: position for position, name in enumerate(classes)}
    for name in names:
        if name not in at:
            close = nearest(name, classes)
            shown = ", ".join(f'"{known}"' for known in classes[:12])
            more = f" and {len(classes) - 12:,} more" if len(classes) > 12 else ""
            hint = f' Did you mean "{close}"?' if close else f" Classes are: {shown}{more}."
            raise DataError(f'{where} names the class "{name}", which does not exist.{hint}')
    return np.array([at[name] for name in names], dtype=np.int64)

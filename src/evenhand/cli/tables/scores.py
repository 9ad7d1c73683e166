"""Metrics of the models of a run with their intervals, as Rich tables that fit the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evenhand.cli.console import Table
from evenhand.cli.tables.figures import figure_words

if TYPE_CHECKING:
    import pandas as pd

FIGURE_COLUMNS = 23
"""Width of an estimate with its interval, in columns of the terminal."""
LONGEST_NAME = 24
REFERENCES = ("floor: ", "ceiling: ")
"""What the names of references begin with, which have no figure in some metrics."""


def score_tables(
    scores: pd.DataFrame, metrics: Sequence[str], title: str, width: int, *, most_lines: int = 40
) -> tuple[list[Table], int]:
    """Return tables of estimates with intervals, and the number of metrics in them.

    Rows are metrics if all models fit side by side. Otherwise rows are models, with as many metrics as fit, and the
    other metrics in further tables, up to `most_lines` lines in all.

    Parameters
    ----------
    scores
        One row per model and metric: name, metric, estimate, low, high.
    metrics
        Metrics to show, the most important first.
    width
        Columns of the terminal.
    """
    found = {(row["name"], row["metric"]): row for row in scores.to_dict(orient="records")}
    names = list(dict.fromkeys(scores["name"]))
    first = 4 + max(map(len, metrics))
    # A single model fits by definition, however narrow the terminal: its lines then wrap.
    if first + FIGURE_COLUMNS * len(names) <= max(width, first + FIGURE_COLUMNS):
        table = _table(("metric", *names), title)
        for metric in metrics:
            table.add_row(metric, *(_cell(found, name, metric) for name in names))
        return [table], len(metrics)
    beside = 4 + min(max(map(len, names)), LONGEST_NAME)
    step = max(1, (width - beside) // FIGURE_COLUMNS)
    tables: list[Table] = []
    for start in range(0, len(metrics), step):
        part = metrics[start : start + step]
        # Four lines of each table are its frame and head.
        if tables and (len(tables) + 1) * (len(names) + 4) > most_lines:
            return tables, start
        tables.append(_table(("model", *part), title if not tables else None))
        for name in names:
            tables[-1].add_row(name, *(_cell(found, name, metric) for metric in part))
    return tables, len(metrics)


def _cell(found: Mapping[tuple[str, str], Mapping[Any, Any]], name: str, metric: str) -> str:
    """Return the words of a figure; none where it does not apply to a reference (the log-loss of no label)."""
    if (name, metric) not in found and name.startswith(REFERENCES):
        return ""
    return figure_words(found.get((name, metric), {}))


def _table(heads: Sequence[str], title: str | None) -> Table:
    return Table(heads, title=title)

"""Metrics of the models of a run with their intervals, as a Rich table that fits the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from evenhand.cli.figures import figure_words

if TYPE_CHECKING:
    import pandas as pd

FIGURE_COLUMNS = 23
"""Columns of a terminal that an estimate with its interval takes."""
LONGEST_NAME = 24


def score_table(scores: pd.DataFrame, metrics: Sequence[str], title: str, width: int) -> tuple[Table, int]:
    """Return a table of estimates with intervals, and how many of the metrics it has room for.

    Metrics are the rows while all models fit beside each other; else models are, with as many metrics as fit.

    Parameters
    ----------
    scores
        A row per model and metric: name, metric, estimate, low, high.
    metrics
        Those to show, the most important first.
    width
        Columns of the terminal.
    """
    found = {(row["name"], row["metric"]): row for row in scores.to_dict(orient="records")}
    names = list(dict.fromkeys(scores["name"]))
    first = 4 + max(map(len, metrics))
    if first + FIGURE_COLUMNS * len(names) <= max(width, first + FIGURE_COLUMNS):
        table = _table(("metric", *names), title)
        for metric in metrics:
            table.add_row(metric, *(figure_words(found.get((name, metric), {})) for name in names))
        return table, len(metrics)
    beside = 4 + min(max(map(len, names)), LONGEST_NAME)
    shown = metrics[: max(1, (width - beside) // FIGURE_COLUMNS)]
    table = _table(("model", *shown), title)
    for name in names:
        table.add_row(Text(name), *(figure_words(found.get((name, metric), {})) for metric in shown))
    return table, len(shown)


def _table(heads: Sequence[str], title: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for head in heads:
        table.add_column(Text(head), overflow="fold")
    return table

"""Figures by steps seen as a table on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.base.values import TOO_FEW
from evenhand.cli.console import Out, Table, cell

if TYPE_CHECKING:
    from evenhand.pipeline.earliness.decisions import Decisions
    from evenhand.pipeline.earliness.earliness_result import EarlinessResult


def print_earliness(found: EarlinessResult) -> None:
    """Print every metric after each number of steps, the verdict against whole rows, and the decisions."""
    out = Out()
    out.print(cell(found.model, style="bold"))
    table = Table(
        ("steps", "metric", "estimate", "interval", "against whole rows"),
        right=(0, 2, 3),
        header_style="dim",
        box=None,
        pad_edge=False,
    )
    for count in found.steps:
        for metric in found.metrics:
            figure, verdict = found.figures[count][metric], found.verdicts.get(count, {}).get(metric)
            interval = f"[{figure.low:.3f}, {figure.high:.3f}]" if figure.enough else TOO_FEW
            words = "" if verdict is None else f"{verdict.word} {verdict.difference.estimate:+.3f}"
            table.add_row(f"{count:,}", metric, f"{figure.estimate:.3f}", interval, words)
    out.print(table)
    if found.decisions is not None:
        out.print(cell(decision_words(found.decisions)))
    for note in found.notes:
        out.print(cell(note, style="dim"))


def decision_words(made: Decisions) -> str:
    """Return what early decisions reach, as sentences."""
    asked = f"Decided as early as a precision of {made.target:.0%} seems to allow: "
    if made.precision is None:
        return f"{asked}no row, since no confidence reached it on the other folds."
    reached = made.precision
    interval = f" [{reached.low:.3f}, {reached.high:.3f}]" if reached.enough else f" ({TOO_FEW})"
    return (
        f"{asked}{made.decided:,} of {made.rows:,} rows, half of them by step {made.median_step:.0f}; "
        f"{reached.estimate:.3f}{interval} of them are right."
    )

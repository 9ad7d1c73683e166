"""Metrics of one model as a table on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evenhand.base.values import TOO_FEW
from evenhand.cli.console import Out, Table, cell

if TYPE_CHECKING:
    from evenhand.evaluation.figures.evaluation_result import EvaluationResult


def print_evaluation(found: EvaluationResult) -> None:
    """Print every metric with its interval and the numbers of rows and groups."""
    out = Out()
    out.print(cell(found.predictions.model or "predictions", style="bold"))
    units = "families" if found.predictions.families else "groups"
    beside = {"no label": found.no_label, "ceiling of raters": found.ceiling}
    shown = {name: reference for name, reference in beside.items() if reference}
    heads = ("metric", "estimate", "interval", "rows", units, *shown)
    table = Table(heads, right=range(1, len(heads)), header_style="dim", box=None, pad_edge=False)
    for name, figure in found.items():
        estimable = bool(np.isfinite(figure.estimate))
        interval = f"[{figure.low:.3f}, {figure.high:.3f}]" if figure.enough else TOO_FEW
        words = (f"{figure.estimate:.3f}", interval) if estimable else ("", str(figure))
        references = [str(one[name]) if name in one else "" for one in shown.values()]
        table.add_row(name, *words, f"{figure.n:,}", f"{figure.groups:,}", *references)
    out.print(table)
    out.print(cell(f"{found.summary}.", style="dim"))
    if found.absent:
        out.print(cell(found.absent_words, style="dim"))

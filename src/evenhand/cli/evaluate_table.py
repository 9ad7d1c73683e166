"""Figures of one model as a Rich table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from evenhand.evaluation.evaluation_result import EvaluationResult


def print_evaluation(found: EvaluationResult) -> None:
    """Print every metric with its interval, and the rows and groups that it rests on."""
    out = Console(highlight=False, soft_wrap=True)
    out.print(Text(found.predictions.model or "predictions", style="bold"))
    table = Table(header_style="dim", box=None, pad_edge=False)
    for position, head in enumerate(("metric", "estimate", "interval", "rows", "groups")):
        table.add_column(head, justify="right" if position else "left", no_wrap=position > 0)
    for name, figure in found.items():
        there = bool(np.isfinite(figure.estimate))
        words = (f"{figure.estimate:.3f}", f"[{figure.low:.3f}, {figure.high:.3f}]") if there else ("", str(figure))
        table.add_row(Text(name), words[0], Text(words[1]), f"{figure.n:,}", f"{figure.groups:,}")
    out.print(table)
    out.print(Text(f"{found.says}.", style="dim"))

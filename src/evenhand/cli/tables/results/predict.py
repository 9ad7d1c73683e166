"""Predictions for new rows on standard output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evenhand.base.text.counted import count
from evenhand.cli.console import Out, Table, cell

if TYPE_CHECKING:
    from evenhand.base.values import Predictions
    from evenhand.pipeline.verbs.predict import PredictionResult


def print_predictions(predicted: PredictionResult, *written: Path) -> None:
    """Print rows per class, or per label where several may hold, files left out, and the paths of written files."""
    out = Out()
    frame = predicted.table
    if predicted.predictions.multi_label:
        _print_labels(predicted.predictions, out)
    else:
        table = Table(("class", "rows", "mean confidence"), right=(1, 2))
        for name, rows in frame.groupby("predicted", sort=False):
            table.add_row(str(name), f"{len(rows):,}", f"{rows['confidence'].mean():.2f}")
        out.print(table)
    for failure in predicted.failures[:5]:
        out.print(cell(f"Left out: {failure.path}: {failure.reason}", style="yellow"))
    if len(predicted.failures) > 5:
        out.print(cell(f"… and {len(predicted.failures) - 5:,} more.", style="yellow"))
    for finding in predicted.findings[:5]:
        out.print(cell(finding.message, style="yellow"))
    files = ", ".join(map(str, written[:5])) + (f" and {len(written) - 5:,} more" if len(written) > 5 else "")
    out.print(cell(f"{count(len(frame), 'row')} by {predicted.model}. Wrote {files}"))


def _print_labels(p: Predictions, out: Out, *, most: int = 30) -> None:
    """Print the rows of each label, most frequent first: sets of labels differ from row to row."""
    held = p.indicator
    counts = held.sum(axis=0)
    order = [label for label in np.argsort(-counts, kind="stable") if counts[label]]
    table = Table(("label", "rows", "mean probability"), right=(1, 2))
    for label in order[:most]:
        mean = p.probabilities[held[:, label], label].mean()
        table.add_row(p.classes[label], f"{counts[label]:,}", f"{mean:.2f}")
    none = int((~held.any(axis=1)).sum())
    if none:
        table.add_row("(none)", f"{none:,}", "")
    out.print(table)
    if len(order) > most:
        out.print(cell(f"… and {count(len(order) - most, 'further label')}."))

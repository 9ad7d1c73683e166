"""Comparisons as tables and text on standard output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from typing import Any

import pandas as pd

from evenhand.base.storage.files.atomic import frame_csv, replacing
from evenhand.base.text.counted import count
from evenhand.base.values import Finding, Interval
from evenhand.cli.console import Out, Table, cell
from evenhand.cli.tables.tables import print_findings
from evenhand.evaluation.comparison.agreement import Agreement
from evenhand.evaluation.comparison.changes import Changes
from evenhand.evaluation.comparison.compare import Comparison
from evenhand.evaluation.comparison.versions import Versions
from evenhand.evaluation.figures.row_words import independent, locked_words, row_words

VERDICT_STYLES = {"better": "green", "worse": "red", "no difference found": "cyan", "too few to tell": "yellow"}
"""Color of each verdict."""


def print_comparison(compared: Comparison, findings: Sequence[Finding], *, most: int = 5) -> None:
    """Print figures, verdicts, changes by class, and findings."""
    out = Out()
    for metric in compared.metrics:
        table = Table(("model", metric), right=(1,))
        for name in compared.names:
            table.add_row(name, str(compared.figures[name][metric]))
        out.print(table)
    verdicts = Table(("", "compared with", "metric", "verdict", "difference", "detectable"), right=(4, 5))
    for v in compared.verdicts:
        word = cell(v.word, style=VERDICT_STYLES[v.word])
        # NaN where nothing can be estimated, infinite where no difference could be found with so few groups.
        shown = "–" if v.detectable != v.detectable else "none" if v.detectable == inf else f"{v.detectable:.4f}"
        verdicts.add_row(v.name, v.base, v.metric, word, signed(v.difference), shown)
    out.print(verdicts)
    for change in compared.changes:
        _print_changes(change, out, most)
    out.print(
        cell(
            f"{count(compared.n, 'row')} in {independent(compared.groups, compared.families)} are compared.",
            style="dim",
        )
    )
    if compared.locked:
        out.print(cell(f"{locked_words(compared.locked)}.", style="dim"))
    if fewer := _fewer(compared):
        out.print(cell(f"Rows and groups of the figures: {fewer}", style="dim"))
    for name, lacking in compared.left_out.items():
        if lacking:
            out.print(
                cell(
                    f"{count(lacking, 'row')} of {name} not compared: others lack them, or the truth is unknown.",
                    style="dim",
                )
            )
    if compared.touched:
        words = f"{count(len(compared.touched), 'row')} with other labels in one of them not compared."
        out.print(cell(words, style="dim"))
    out.print()
    print_findings(findings, out)


def _fewer(compared: Comparison) -> str:
    """Return the rows and groups of the figures as text, or "" if these are all that are compared."""
    first = compared.figures[compared.names[0]]
    sizes = {name: (figure.n, figure.groups) for name, figure in first.items()}
    return (
        ""
        if set(sizes.values()) == {(compared.n, compared.groups)}
        else row_words(sizes, families=compared.families)
    )


def _print_changes(change: Changes, out: Out, most: int) -> None:
    out.print(cell(f"{change}"))
    moved = change.by_class[change.by_class["net"] != 0]
    # The frame is sorted by net change, losses first.
    for frame, words in ((moved[::-1], "gained"), (moved, "lost")):
        rows = frame[frame["net"] > 0] if words == "gained" else frame[frame["net"] < 0]
        named = [
            f"{row['class']} {row['net']:+d} of {row['rows']}{_alarms(row)}"
            for row in rows[:most].to_dict(orient="records")
        ]
        if named:
            out.print(cell(f"    {words}: {', '.join(named)}", style="dim"))


def _alarms(row: Mapping[Any, Any]) -> str:
    """Return the change of a label's false positives as text; "" without one, and where rows have one class."""
    net = row.get("false_positives", 0)
    return f" ({count(abs(net), 'false positive')} {'more' if net > 0 else 'less'})" if net else ""


def print_versions(found: Versions) -> None:
    """Print the steps from the figure of one version to that of the other."""
    out = Out()
    table = Table(("step", found.metric, "interval"), right=(1,))
    table.add_row("before", f"{found.before:.4f}", "")
    table.add_row(f"{found.only_before:,} rows left out", f"{found.rows_left:+.4f}", "")
    changed = found.labels.difference
    table.add_row(f"{found.relabelled:,} labels changed", f"{changed.estimate:+.4f}", signed(changed))
    table.add_row("another model", f"{found.model.difference.estimate:+.4f}", signed(found.model.difference))
    table.add_row(f"{found.only_after:,} rows new", f"{found.rows_come:+.4f}", "")
    table.add_row("after", f"{found.after:.4f}", "", style="bold")
    out.print(table)
    out.print(cell(str(found)))
    out.print(cell(f"Under the first labels: {found.model_under_first}", style="dim"))


def print_agreement(found: Agreement, *, most: int = 20) -> None:
    """Print the agreement of two sets of predictions, and the most confident rows that differ."""
    out = Out()
    out.print(cell(str(found)))
    if found.only_a or found.only_b:
        out.print(cell(f"{found.only_a:,} rows are only in {found.a}, {found.only_b:,} only in {found.b}."))
    table = Table(("id", found.a, found.b), right=())
    for row in found.rows[:most].to_dict(orient="records"):
        table.add_row(
            str(row["id"]),
            _answer(row["a"], row["confidence_a"]),
            _answer(row["b"], row["confidence_b"]),
        )
    out.print(table)
    if len(found.rows) > most:
        out.print(cell(f"… and {len(found.rows) - most:,} more; --json has all.", style="dim"))


def _answer(name: str, confidence: float) -> str:
    # NaN: predictions of other programs may be classes alone, without probabilities.
    name = name or "(none)"  # no label, where rows may have several
    return name if confidence != confidence else f"{name} ({confidence:.2f})"


def write_changes(compared: Comparison, path: Path) -> None:
    """Write the rows that changed as CSV: name, base, change, id."""
    rows = [
        {"name": change.name, "base": change.base, "change": what, "id": i}
        for change in compared.changes
        for what in ("improved", "worsened", "moved")
        for i in getattr(change, what)
    ]
    with replacing(path) as part:
        frame_csv(pd.DataFrame(rows, columns=["name", "base", "change", "id"]), part)


def signed(difference: Interval) -> str:
    """Return a difference with its interval and signs."""
    if difference.estimate != difference.estimate:
        return "cannot be estimated"
    return f"{difference.estimate:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"

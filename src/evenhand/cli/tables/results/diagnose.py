"""A diagnosis as Rich tables and text on standard output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.cli.console import Out, Table, cell
from evenhand.cli.tables.figures import figure_words
from evenhand.cli.tables.tables import print_findings

if TYPE_CHECKING:
    from evenhand.pipeline.diagnose.diagnose_result import DiagnoseResult


def print_diagnosis(found: DiagnoseResult, page: Path, table: Path, *, most: int = 10) -> None:
    """Print figures, confidence, classes, confusions, the rate of unlike rows, findings and the written files."""
    out = Out()
    rows = found.rows
    seen = (
        f" {rows.trained_on:,} of them the run was trained on; no figure counts those." if rows.trained_on else ""
    )
    out.print(cell(f"{rows.predicted:,} of {rows.found:,} rows predicted by {found.model}.{seen}", style="bold"))
    for note in found.notes:
        out.print(cell(note, style="dim"))
    if found.figures:
        figures = _table(("", "these rows", "n", "the run, out of fold"))
        for name, figure in found.figures.items():
            usual = found.of_run.get(name)
            figures.add_row(name, str(figure), f"{figure.n:,}", figure_words(dict(usual)) if usual else "")
        out.print(figures)
        out.print(cell(f"Truth: {found.truth_source}.", style="dim"))
    elif rows.counted:
        out.print(
            f"Accuracy expected from confidence, if rows are like those of the run: {found.expected_accuracy:.3f}"
        )
    _print_confidence(found, out)
    _print_shares(found, out, most)
    if found.confusions:
        pairs = _table(("worst confusions", "predicted as", "rows", "of the class"))
        for pair in found.confusions[:most]:
            pairs.add_row(pair.truth, pair.predicted, f"{pair.count:,}", f"{pair.share:.1%}")
        out.print(pairs)
    unlike = found.unlike
    if unlike is not None and unlike.n:
        limits = f"[{unlike.low:.1%}, {unlike.high:.1%}]"
        out.print(
            cell(
                f"Unlike anything that {found.unlike_model} was trained on: {unlike.observed:.1%} {limits} of "
                f"{unlike.n:,} rows; expected {unlike.rate:.0%} (p of as many: {unlike.p:.2g})."
            )
        )
    out.print()
    print_findings(found.findings, out)
    out.print(cell(f"Wrote {page}, with pictures, and {table}", style="bold"))


def _table(heads: tuple[str, ...]) -> Table:
    return Table(heads, right=range(1, len(heads)), header_style="dim", box=None, pad_edge=False)


def _print_confidence(found: DiagnoseResult, out: Out) -> None:
    table = _table(("confidence", "rows", "p10", "p50", "p90"))
    for one in found.confidence:
        if one.n:
            table.add_row(one.of, f"{one.n:,}", *(f"{value:.2f}" for value in (one.p10, one.p50, one.p90)))
    out.print(table)


def _print_shares(found: DiagnoseResult, out: Out, most: int) -> None:
    if not found.shares:
        return
    usual = "true" if found.against == "truth" else "usual"
    table = _table(("class", "predicted", usual, "difference", "p (Holm)", ""))
    # Those that differ first, in either direction.
    shown = sorted(found.shares, key=lambda one: (one.direction == "as expected", -abs(one.difference)))
    for one in shown[:most]:
        expected = f"{one.expected:,.0f}" if found.against == "truth" else f"{one.expected:,.1f}"
        limits = f"{one.difference:+.1%} [{one.low:+.1%}, {one.high:+.1%}]"
        style = "" if one.direction == "as expected" else "yellow"
        table.add_row(
            one.name, f"{one.predicted:,}", expected, limits, f"{one.p:.2g}", cell(one.direction, style=style)
        )
    out.print(table)
    if len(shown) > most:
        out.print(cell(f"… and {len(shown) - most:,} more classes; the page and --json have all.", style="dim"))

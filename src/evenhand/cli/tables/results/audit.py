"""An audit as Rich tables and text on standard output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.cli.console import Out, Table, cell
from evenhand.cli.tables.tables import print_findings
from evenhand.evaluation.figures.row_words import locked_words

if TYPE_CHECKING:
    from evenhand.evaluation.audit.conformal import ConformalSets
    from evenhand.pipeline.audit.audit_result import AuditResult
    from evenhand.pipeline.audit.refit_result import Refit


def print_audit(found: AuditResult, *, most: int = 10) -> None:
    """Print an audit: the figure, parts held out, worst groups, calibration, sets, and what refitting changes."""
    out = Out()
    audit = found.audit
    out.print(cell(f"{audit.model or 'predictions'}: {audit.metric} {audit.figure}", style="bold"))
    edge = "low" if audit.higher_is_better else "high"
    out.print(
        f"With other rows or groups sampled, it is as {edge} as {audit.quantile:.3f} or worse one time in twenty."
    )
    if audit.locked:
        out.print(f"{locked_words(audit.locked)}.")
    out.print(_holdouts(found))
    if audit.groups_in_several_folds:
        out.print(
            f"{audit.groups_in_several_folds:,} of {audit.groups_in_all:,} groups are in several folds: models are "
            "evaluated on groups that they were trained on, and new groups will be worse. "
            "--refit refits without them."
        )
    _print_groups(found, out, most)
    if found.calibration:
        out.print(_calibration(found))
    for sets in found.conformal:
        _print_sets(sets, out, most)
    if found.refit is not None:
        _print_refit(found.refit, out)
    if found.findings:
        out.print()
        print_findings(found.findings, out)
    out.print(
        cell(
            "All of this holds for data like these. It does not cover data from elsewhere; no figure from these "
            "rows can.",
            style="dim",
        )
    )


def _table(heads: tuple[str, ...]) -> Table:
    return Table(heads, right=range(1, len(heads)), header_style="dim", box=None, pad_edge=False)


def _holdouts(found: AuditResult) -> Table:
    table = _table(("held out", "parts", "median", "5 %", "worst", "floor", "below it"))
    for one in found.audit.holdouts:
        figures = (f"{value:.3f}" for value in (one.median, one.quantile, one.lowest, one.floor))
        table.add_row(one.description, f"{one.draws:,}", *figures, f"{one.below:,}")
    return table


def _print_groups(found: AuditResult, out: Out, most: int) -> None:
    from evenhand.evaluation.audit.groups import LEAST, summary_words

    audit = found.audit
    if not audit.slices and len(audit.groups) < 2:
        out.print("There are no groups; name a column to audit by with --by.")
        return
    for title, parts in [(one.column, one.parts) for one in audit.slices] or [("groups", audit.groups)]:
        inside = any(part.groups is not None for part in parts)
        heads = ("rows", *(("groups",) if inside else ()), "right", "interval", "expected", "gap", "")
        table = _table((f"worst {title}", *heads))
        for one in [part for part in parts if part.n >= LEAST][:most] or parts[:most]:
            verdict = cell(one.verdict, style="red" if one.verdict == "below" else "")
            groups = (f"{one.groups:,}" if one.groups is not None else "",) if inside else ()
            figures = (f"{one.accuracy:.2f}", f"[{one.low:.2f}, {one.high:.2f}]", f"{one.expected:.2f}")
            table.add_row(one.name, f"{one.n:,}", *groups, *figures, f"{-one.gap:+.2f}", verdict)
        out.print()
        out.print(table)
        out.print(cell(summary_words(parts, word="groups" if not audit.slices else f"values of {title}")))


def _calibration(found: AuditResult) -> Table:
    names = list(found.calibration[0].figures)
    table = _table(("calibration (cross-fitted)", *names))
    for one in found.calibration:
        table.add_row(one.method or "none", *(str(one.figures[name]) for name in names))
    return table


def _print_sets(sets: ConformalSets, out: Out, most: int) -> None:
    whole = sets.overall
    out.print()
    by = "all rows" if sets.by == "all" else f"every {sets.by}"
    out.print(
        cell(f"Conformal sets for {by}: {sets.asked:.0%} asked, met {whole.met}, {whole.size:.2f} classes a set.")
    )
    if not sets.parts:
        return
    table = _table((f"least covered {sets.by}", "rows", "coverage", "classes per set", ""))
    for part in sets.parts[:most]:
        words = "" if part.enough else "too few to calibrate on"
        table.add_row(part.name, f"{part.met.n:,}", str(part.met), f"{part.size:.2f}", words)
    out.print(table)


def _print_refit(refit: Refit, out: Out) -> None:
    table = _table(("refitted", "what", f"{refit.metric} before", "after"))
    for row in refit.rows:
        table.add_row(row.name, row.what, str(row.before), str(row.after))
    out.print()
    out.print(table)
    out.print(cell(refit.summary))
    if refit.seen:
        out.print(
            cell(
                f"{', '.join(refit.seen)}: the folds split these groups, and these models cannot be refitted "
                "here. Their figures, and those of blends with them, remain optimistic."
            )
        )

"""Ablations as a table and text on standard output."""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.base.text.counted import count
from evenhand.base.text.toml_text import toml_value
from evenhand.base.values import Verdict
from evenhand.cli.console import Out, Table, cell, literal
from evenhand.cli.tables.results.compare import VERDICT_STYLES, signed
from evenhand.cli.tables.tables import print_findings
from evenhand.pipeline.ablation.ablation_result import AblationResult, AblationRow
from evenhand.pipeline.ablation.causes import AblationCause


def print_ablation(found: AblationResult) -> None:
    """Print a table per metric, what else differs, and findings; of a dry run, the planned rows."""
    out = Out()
    ran = any(row.state != "planned" for row in found.rows)
    for metric in found.metrics:
        heads = ("change", "sets", metric, "verdict", "difference") if ran else ("change", "sets")
        expected = any(row.expect for row in found.rows)
        table = Table((*heads, *(["expected"] if expected else [])), right=(2, 4) if ran else ())
        for at, row in enumerate(found.rows):
            cells = [row.name, _sets(row, found.rows[1:at]), *(_outcome(row, metric) if ran else ())]
            table.add_row(*cells, *([row.expect] if expected else []))
        out.print(table)
        if not ran:
            break
        _print_causes([one for one in found.causes if one.metric == metric], out)
    if found.comparison is not None:
        rows, groups = count(found.comparison.n, "row"), count(found.comparison.groups, "independent group")
        out.print(cell(f"{found.model}, out of fold; {rows} in {groups} are compared.", style="dim"))
    for row in found.failed:
        out.print(cell(f"{row.name} failed: {row.error}", style="red"))
    out.print()
    if ran:
        print_findings(found.findings, out)
        base = found.rows[0].record
        out.print(f"Report: {'' if base is None else base.path / 'report.html'}")


def _print_causes(causes: Sequence[AblationCause], out: Out) -> None:
    """Print what each change does alone and given the others, the largest effect first."""
    if not causes:
        return
    out.print("\nCauses in order")
    table = Table(("cause", "alone", "difference", "given the others", "difference"), right=(2, 4))
    for one in causes:
        table.add_row(one.name, *_verdict(one.alone), *_verdict(one.given_others))
    out.print(table)


def _sets(row: AblationRow, before: Sequence[AblationRow]) -> object:
    """Return the assignments of a row; of one that holds an earlier row, its name and what is set beside it."""
    shortest = row.set
    lines: list[str] = []
    for other in before:
        more = {key: value for key, value in row.set.items() if key not in other.set or other.set[key] != value}
        if other.set.keys() <= row.set.keys() and len(more) + 1 <= len(shortest) + len(lines):
            shortest, lines = more, [f"{other.name}, and"]
    return literal("\n".join([*lines, *(f"{key} = {toml_value(value)}" for key, value in shortest.items())]))


def _outcome(row: AblationRow, metric: str) -> tuple[object, ...]:
    if row.error:
        return "", cell("failed", style="red"), ""
    figure = (row.figures or {}).get(metric)
    verdict = next((one for one in row.verdicts if one.metric == metric), None)
    return "" if figure is None else str(figure), *_verdict(verdict)


def _verdict(verdict: Verdict | None) -> tuple[object, ...]:
    if verdict is None:
        return "", ""
    return cell(verdict.word, style=VERDICT_STYLES[verdict.word]), signed(verdict.difference)

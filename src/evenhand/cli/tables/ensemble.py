"""What `evenhand ensemble` prints: coverage, the ladder, weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.cli.console import Out, Table, cell
from evenhand.cli.tables.tables import print_findings

if TYPE_CHECKING:
    from evenhand.blending.blend import Blend
    from evenhand.evaluation.selection.selection_report import NestedEvaluation
    from evenhand.pipeline.verbs.ensemble import Assembly


ELSEWHERE = " EH405: a model in it is not out of fold here, so this difference cannot be believed."


def print_assembly(made: Assembly, target: Path | None, *, most: int = 12) -> None:
    """Print what models cover, what each blend is worth and how it weighs the models."""
    out = Out()
    for model in made.models.coverage:
        codes = ["EH404"] * (not model.complete) + ["EH405"] * (not model.out_of_fold_here)
        if codes:
            out.print(cell(f"{', '.join(codes)}: {model}", style="yellow"))
    print_worth(made.nested_evaluation, out)
    for one in made.blends:
        _print_blend(one, out, most)
    if made.findings:
        print_findings(made.findings, out)
    if target is not None:
        out.print(cell(f"Wrote {target}"))


def print_worth(worth: NestedEvaluation, out: Out) -> None:
    """Print the ladder: naive, nested, optimism, and the best corrected for the choice."""
    table = Table(title=f"{worth.metric}: what it seems to be, and what it is worth", title_style="")
    for position, name in enumerate(("model", "naive", "nested", "95 % interval", "optimism", "finding")):
        table.add_column(name, justify="left" if position in (0, 5) else "right", overflow="fold")
    for rung in worth.rungs:
        table.add_row(
            rung.name,
            f"{rung.naive.estimate:.4f}" if rung.blend else "",
            f"{rung.nested.estimate:.4f}",
            f"{rung.nested.low:.3f} to {rung.nested.high:.3f}",
            f"{rung.optimism.estimate:+.4f}" if rung.blend else "",
            "" if rung.believable else "EH405",
        )
    out.print(table)
    out.print(cell(f"{worth.n:,} rows in {worth.groups:,} independent groups. {worth}"))
    for verdict in worth.verdicts:
        elsewhere = not worth.rung(verdict.name).believable
        out.print(cell(f"{verdict}{ELSEWHERE if elsewhere else ''}", style="yellow" if elsewhere else ""))


def _print_blend(made: Blend, out: Out, most: int) -> None:
    """Print the weights of a blend, the largest first, or the gates of its experts."""
    if made.weights is not None:
        order = made.weights.argsort()[::-1]
        parts = [f"{made.models[i]} {made.weights[i]:.3f}" for i in order[:most] if made.weights[i] > 0]
        out.print(cell(f"{made.method}: {', '.join(parts)}", style="dim"))
    for pair in made.document().get("pairs", []):
        names = " and ".join(pair["pair"])
        out.print(
            cell(
                f"{made.method}: asks an expert for {names} below a lead of {pair['gate']:.3f}: {pair['applied']} "
                f"rows, right {pair['right_before']} before and {pair['right_after']} after.",
                style="dim",
            )
        )

"""Output of `evenhand ensemble`: coverage, the selection report, weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.base.text.counted import count
from evenhand.cli.console import Out, Table, cell
from evenhand.cli.tables.tables import print_findings
from evenhand.evaluation.figures.row_words import independent, locked_words

if TYPE_CHECKING:
    from evenhand.blending.blend import Blend
    from evenhand.evaluation.selection.selection_report import NestedEvaluation
    from evenhand.pipeline.verbs.ensemble import EnsembleResult


ELSEWHERE = " EH405: a model in it is not out of fold here, so this difference cannot be trusted."


def print_ensemble(made: EnsembleResult, target: Path | None, *, most: int = 12) -> None:
    """Print the coverage of models, and the figures and weights of blends."""
    out = Out()
    for model in made.models.coverage:
        codes = ["EH404"] * (not model.complete) + ["EH405"] * (not model.out_of_fold_here)
        if codes:
            out.print(cell(f"{', '.join(codes)}: {model}", style="yellow"))
    if locked := max(p.locked for p in made.models.models):
        out.print(f"{locked_words(locked)}.")
    print_selection(made.nested_evaluation, out, families=made.models.first.families)
    for one in made.blends:
        _print_blend(one, out, most)
    if made.findings:
        print_findings(made.findings, out)
    if target is not None:
        out.print(cell(f"Wrote {target}"))


def print_selection(nested: NestedEvaluation, out: Out, *, families: bool) -> None:
    """Print the selection report: naive and nested figures, optimism, and the best corrected for its selection."""
    table = Table(title=f"{nested.metric}: naive, and by nested cross-validation", title_style="")
    for position, name in enumerate(("model", "naive", "nested", "95 % interval", "optimism", "finding")):
        table.add_column(name, justify="left" if position in (0, 5) else "right", overflow="fold")
    for step in nested.steps:
        table.add_row(
            step.name,
            f"{step.naive.estimate:.4f}" if step.blend else "",
            f"{step.nested.estimate:.4f}",
            f"{step.nested.low:.3f} to {step.nested.high:.3f}",
            f"{step.optimism.estimate:+.4f}" if step.blend else "",
            "" if step.reliable else "EH405",
        )
    out.print(table)
    out.print(cell(f"{count(nested.n, 'row')} in {independent(nested.groups, families)}. {nested}"))
    for verdict in nested.verdicts:
        elsewhere = not nested.step(verdict.name).reliable
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
                f"{made.method}: the expert for {names} decides below a margin of {pair['gate']:.3f}: "
                f"{pair['applied']} rows, {pair['right_before']} right before and {pair['right_after']} after.",
                style="dim",
            )
        )

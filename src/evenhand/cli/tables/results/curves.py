"""Learning curves and rankings as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from evenhand.cli.console import Out, Table, cell
from evenhand.cli.tables.losses import losses_sentence
from evenhand.cli.tables.tables import print_findings

if TYPE_CHECKING:
    from evenhand.pipeline.curves.curves_result import LearningCurves
    from evenhand.pipeline.curves.rank import Ranking


def print_learning_curves(curves: LearningCurves, *, most: int = 2) -> None:
    """Print what the curves of each fit show, and their figures where there are at most `most` fits."""
    out = Out()
    out.print(cell(f"{curves.source}:", style="bold"))
    if curves.lost:
        out.print(cell(losses_sentence(curves.source, curves.lost), style="yellow"))
    if not curves.fits:
        out.print("No epochs are there." if curves.lost else "No epochs yet.")
    detailed = len(curves.fits) <= most
    for fit in curves.fits:
        out.print(cell(f"{fit.name}: {curves.words(fit)}."))
        if detailed:
            out.print(_metrics(curves.table(), fit.model, fit.fold, fit.seed, fit.unit))
        for note in fit.notes:
            out.print(cell(f"  {note}", style="dim"))
    if not detailed:
        out.print(_by_model(curves.table()))
        out.print(cell("--json has the figures of each fit.", style="dim"))
    out.print()
    print_findings(curves.findings, out)


def print_ranking(ranking: Ranking) -> None:
    """Print models, best first, with mean, deviation and the verdict against the first."""
    out = Out()
    verdicts = bool((ranking.table["verdict"] != "").any())
    heads = ("run", "model", ranking.metric, "deviation", "fits", *(["against the first"] if verdicts else []))
    table = Table(heads, right=(2, 3, 4))
    for row in ranking.table.to_dict(orient="records"):
        words = [
            row["verdict"] and f"{row['verdict']}: {row['difference']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
        ]
        figures = (
            _number(row["mean"]),
            "" if row["fits"] < 2 else f"± {_number(row['deviation'])}",
            f"{row['fits']:,}",
        )
        table.add_row(str(row["run"]), str(row["model"]), *figures, *(words if verdicts else []))
    out.print(table)
    message = (
        "Mean and standard deviation over folds and seeds; folds share training rows, so it is no standard error."
    )
    out.print(cell(message, style="dim"))
    if ranking.comparison is not None:
        n = ranking.comparison.n
        out.print(cell(f"Verdicts are of predictions out of fold on {n:,} shared rows.", style="dim"))
    for note in ranking.notes:
        out.print(cell(note, style="yellow"))


def _metrics(table: pd.DataFrame, model: str, fold: int | None, seed: int | None, unit: str) -> Table:
    """Return the figures of one fit: best and latest of each metric and set."""
    shown = Table(("set", "metric", "best", f"in {unit}", "latest", f"in {unit}", "gap"), right=range(2, 7))
    for row in table.to_dict(orient="records"):
        if (row["model"], _none(row["fold"]), _none(row["seed"])) == (model, fold, seed):
            figures = [_number(row[key]) for key in ("best", "best_at", "latest", "latest_at", "gap")]
            shown.add_row(str(row["set"]), str(row["metric"]), *figures)
    return shown


def _by_model(table: pd.DataFrame) -> Table:
    """Return mean and deviation over fits of the best value of each metric."""
    shown = Table(("model", "set", "metric", "best", "in epoch", "latest", "gap", "fits"), right=range(3, 8))
    by = ["model", "set", "metric"]
    for key, rows in table.groupby(by, sort=False):
        means = [_spread(rows[name]) for name in ("best", "best_at", "latest", "gap")]
        shown.add_row(*map(str, key), *means, f"{len(rows):,}")
    return shown


def _spread(values: pd.Series[Any]) -> str:
    known = values.dropna()
    if known.empty:
        return ""
    return _number(known.mean()) + (f" ± {_number(known.std())}" if len(known) > 1 else "")


def _number(value: Any) -> str:
    """Return a figure with four digits; nothing where it is missing."""
    return (
        "" if value is None or value != value else f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"
    )


def _none(value: Any) -> Any:
    return None if value is None or value != value else value

"""Neighbours and figures of retrieval as tables on standard output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.cli.console import Out, Table, cell

if TYPE_CHECKING:
    from evenhand.pipeline.retrieval.evaluate_retrieval import RetrievalFigures
    from evenhand.pipeline.retrieval.retrieve_result import RetrievalResult

HITS = {True: "hit", False: "", None: ""}


def print_neighbours(found: RetrievalResult, page: Path | None) -> None:
    """Print the nearest rows of every query."""
    out = Out()
    out.print(cell(f"Nearest by {found.compared} of {found.model}", style="bold"))
    for query, rows in found.table.groupby("query", sort=False):
        out.print()
        out.print(cell(str(query)))
        heads = ("", "similarity", "id", "labels", *found.kind.shown, "path", "")
        table = Table(heads, right=(0, 1), header_style="dim", box=None, pad_edge=False)
        for row in rows.to_dict(orient="records"):
            shown = [str(row[name]) for name in found.kind.shown]
            words = (row["id"], row["labels"], *shown, row["path"])
            table.add_row(
                str(row["rank"]), f"{row['similarity']:.3f}", *map(cell, map(str, words)), HITS[row["relevant"]]
            )
        out.print(table)
    for note in found.notes:
        out.print(cell(note, style="dim"))
    if page is not None:
        out.print(cell(f"Wrote {page}, with pictures", style="bold"))


def print_figures(found: RetrievalFigures) -> None:
    """Print each figure of every model with the floor of a random ranking."""
    out = Out()
    out.print(cell(f"Retrieval by {found.compared}, out of fold; relevant: {found.relevance}", style="bold"))
    table = Table(
        ("model", "metric", "estimate", "random", "n", "groups"),
        right=(3, 4, 5),
        header_style="dim",
        box=None,
        pad_edge=False,
    )
    for model, figures in found.figures.items():
        for name, one in figures.items():
            figure = one.figure
            table.add_row(cell(model), name, str(figure), f"{one.floor:.3f}", f"{figure.n:,}", f"{figure.groups:,}")
    out.print(table)
    if found.unanswerable:
        out.print(
            cell(
                f"{found.unanswerable:,} queries without a relevant row in their database are not counted.",
                style="dim",
            )
        )
    for note in found.notes:
        out.print(cell(note, style="dim"))

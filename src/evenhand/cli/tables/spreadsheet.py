"""CSV files for spreadsheets, which run a cell that begins with =, +, - or @ as a formula."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from evenhand.base.text.escaping import is_formula, spreadsheet_cell
from evenhand.cli.console import complain

Spreadsheet = Annotated[
    bool,
    typer.Option(
        "--spreadsheet", help="Write an apostrophe before names in the CSV that spreadsheets would run as formulas."
    ),
]


def mention_formulas(path: Path) -> None:
    """Say how many cells of a CSV begin like formulas, of a file that keeps the exact names."""
    if path.is_file() and (count := _formulas(path)):
        complain(
            f"{path}: {count:,} cells begin like formulas (=, +, -, @), which spreadsheets run. Import its "
            "columns as text."
        )


def _formulas(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(is_formula(cell) for row in csv.reader(file) for cell in row)


def guard_formulas(path: Path, wanted: bool) -> None:
    """Put an apostrophe before each cell of a CSV that would be run as a formula, if wanted, and say so or warn."""
    from evenhand.base.storage.atomic import replacing

    count = _formulas(path) if path.suffix.lower() == ".csv" else 0
    if not count:
        return
    if not wanted:
        complain(
            f"{path}: {count:,} cells begin like formulas (=, +, -, @), which spreadsheets run. With --spreadsheet "
            "they begin with an apostrophe."
        )
        return
    with (
        replacing(path) as part,
        path.open(encoding="utf-8", newline="") as file,
        part.open("w", encoding="utf-8", newline="") as out,
    ):
        csv.writer(out, lineterminator="\n").writerows(map(spreadsheet_cell, row) for row in csv.reader(file))
    complain(f"{path}: {count:,} cells that begin like formulas were written with an apostrophe before them.")

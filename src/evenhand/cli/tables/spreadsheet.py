"""CSV files for spreadsheets, which evaluate cells that begin with =, +, - or @ as formulas."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from evenhand.base.text.escaping import is_formula, spreadsheet_cell
from evenhand.cli.console import print_error

Spreadsheet = Annotated[
    bool,
    typer.Option(
        "--spreadsheet",
        help="Write an apostrophe before names in the CSV that spreadsheets would evaluate as formulas.",
    ),
]


def mention_formulas(path: Path) -> None:
    """Warn about cells of a CSV that begin like formulas, if the file must keep exact names."""
    if path.is_file() and (count := _formulas(path)):
        print_error(
            f"{path}: {count:,} cells begin like formulas (=, +, -, @), which spreadsheets evaluate. Import "
            "its columns as text."
        )


def _formulas(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(is_formula(cell) for row in csv.reader(file) for cell in row)


def guard_formulas(path: Path, wanted: bool) -> None:
    """Write an apostrophe before cells of a CSV that begin like formulas if `wanted`, else warn about them."""
    from evenhand.base.storage.files.atomic import replacing

    count = _formulas(path) if path.suffix.lower() == ".csv" else 0
    if not count:
        return
    # Exact names by default: other programs read this file too, and match them with their own.
    if not wanted:
        print_error(
            f"{path}: {count:,} cells begin like formulas (=, +, -, @), which spreadsheets evaluate. With "
            "--spreadsheet they are written with an apostrophe."
        )
        return
    with (
        replacing(path) as part,
        path.open(encoding="utf-8", newline="") as file,
        part.open("w", encoding="utf-8", newline="") as out,
    ):
        csv.writer(out, lineterminator="\n").writerows(map(spreadsheet_cell, row) for row in csv.reader(file))
    print_error(f"{path}: {count:,} cells that begin like formulas were written with an apostrophe.")

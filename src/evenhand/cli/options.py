"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from evenhand.evaluation.reading.columns import Columns

Config = Annotated[Path, typer.Argument(help="The TOML file.", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set any key, for example train.epochs=5. May be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of words.")]
StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", help="Folder of the store of decoded rows; without one, the user's own."),
]
RecordPath = Annotated[Path, typer.Argument(help="The folder of a run.", show_default=False)]

IdColumn = Annotated[
    str | None, typer.Option("--id", metavar="COL", help="The column of ids, in files where no usual name says so.")
]
Classes = Annotated[
    list[str] | None,
    typer.Option("--class", metavar="COL", help="A column that holds a class; repeat it for each, in any order."),
]
Positions = Annotated[
    bool,
    typer.Option(
        "--positions", help="Labels are positions of the classes, counted from 0; else numbers are names."
    ),
]
Scale = Annotated[str, typer.Option("--scale", help="What the numbers are: auto, probability, logit or normalise.")]
SCALES = ("auto", "probability", "logit", "normalise")


def columns_from(id_column: str | None, classes: list[str] | None, positions: bool, scale: str) -> Columns:
    """Return what the options say of the columns of prediction files.

    Raises
    ------
    EvenhandError
        If the scale is none.
    """
    from evenhand.base.errors import EvenhandError, unknown
    from evenhand.evaluation.reading.columns import Columns

    if scale not in SCALES:
        raise EvenhandError(f"--scale: {unknown('choice', scale, SCALES)}")
    return Columns(
        id=id_column,
        classes=tuple(classes) if classes else None,
        positions=positions,
        scale=scale,  # type: ignore[arg-type]  # it is one of them
    )

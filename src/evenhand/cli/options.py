"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from evenhand.base.values import Finding
    from evenhand.evaluation.reading.columns import Columns

Config = Annotated[Path, typer.Argument(help="The TOML file.", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set any key, for example train.epochs=5. May be repeated."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")]
StoreFolder = Annotated[
    Path | None,
    typer.Option("--store", help="Folder of the store of decoded rows; by default the user's own."),
]
RecordPath = Annotated[Path, typer.Argument(help="The folder of a run.", show_default=False)]
Model = Annotated[
    str | None, typer.Option("--model", help="The model or blend of a run; by default the best of the run.")
]
SetOfRows = Annotated[str, typer.Option("--set", help="oof, or test for locked rows.")]
LabelsTable = Annotated[
    Path | None, typer.Option("--labels", help="For files: a table with id, label and, if known, group and fold.")
]
FoldsTable = Annotated[
    Path | None, typer.Option("--folds", help="A table with id and fold, for files without a fold column.")
]

IdColumn = Annotated[str | None, typer.Option("--id", metavar="COL", help="The id column, if its name is unusual.")]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        "--class",
        metavar="COL",
        help="A column with the probabilities of a class; repeat it for each class, in any order.",
    ),
]
Positions = Annotated[
    bool,
    typer.Option(
        "--positions", help="Labels are positions of the classes, counted from 0; by default numbers are names."
    ),
]
Scale = Annotated[str, typer.Option("--scale", help="What the numbers are: auto, probability, logit or normalise.")]
SCALES = ("auto", "probability", "logit", "normalise")
LogColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="NAME=MEANING",
        help="What a column of a log is, for example --column valid_acc_total=val/accuracy; epoch, step, model, "
        "fold and seed too. May be repeated.",
    ),
]


def exit_by(findings: Iterable[Finding]) -> NoReturn:
    """End the program with 1 if a finding is an error, else with 0."""
    raise typer.Exit(1 if any(finding.severity == "error" for finding in findings) else 0)


def one_of(option: str, word: str, allowed: tuple[str, ...]) -> Any:
    """Return the value of an option after checking that it is allowed.

    Raises
    ------
    EvenhandError
        If it is not; the message suggests the nearest allowed value.
    """
    # Imported late, like all that the help of a command does not need: `evenhand --help` must not wait for it.
    from evenhand.base.errors import EvenhandError, unknown

    if word not in allowed:
        raise EvenhandError(f"{option}: {unknown('choice', word, allowed)}")
    return word


def columns_of_logs(pairs: list[str] | None) -> dict[str, str]:
    """Return column -> what it is read as, from `--column`.

    Raises
    ------
    EvenhandError
        If one is not NAME=MEANING, or names a column again.
    """
    from evenhand.base.errors import EvenhandError

    columns: dict[str, str] = {}
    for pair in pairs or ():
        name, _, meaning = pair.rpartition("=")
        if not name or not meaning:
            raise EvenhandError(f'--column: "{pair}" is not NAME=MEANING, such as valid_acc_total=val/accuracy.')
        if name in columns:
            raise EvenhandError(f"--column: {name} is named twice.")
        columns[name] = meaning
    return columns


def columns_from(id_column: str | None, classes: list[str] | None, positions: bool, scale: str) -> Columns:
    """Return the roles of columns in prediction files from the options.

    Raises
    ------
    EvenhandError
        If the scale is unknown.
    """
    from evenhand.evaluation.reading.columns import Columns

    return Columns(
        id=id_column,
        classes=tuple(classes) if classes else None,
        positions=positions,
        scale=one_of("--scale", scale, SCALES),
    )

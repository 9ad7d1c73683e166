"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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

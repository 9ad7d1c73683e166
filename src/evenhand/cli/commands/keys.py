"""`evenhand keys`."""

from __future__ import annotations

from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Json


def keys(
    section: Annotated[
        str | None, typer.Argument(help="A section, such as train or folds.test.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Print every key of the configuration: its type, its default and what it does."""
    from evenhand.cli.tables.keys import print_keys
    from evenhand.pipeline.verbs.keys import keys as reference_of

    table = reference_of(section)
    if as_json:
        print_json(table.to_dict(orient="records"))
    else:
        print_keys(table)

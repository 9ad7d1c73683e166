"""Options that a verb would ignore beside others are refused: a silent one is taken for one that acted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from evenhand.base.errors import EvenhandError


def refuse_options(context: typer.Context, names: Sequence[str], why: str) -> None:
    """Raise if the command line has one of the parameters `names`, which `why` says would have no effect.

    Defaults are not refused, whatever their value.

    Raises
    ------
    EvenhandError
        With every such option.
    """
    typed = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name in names and _typed(context, str(parameter.name))
    ]
    if typed:
        raise EvenhandError(f"{', '.join(typed)}: no effect here, as {why}.")


def refuse_file_options(context: typer.Context, sources: Sequence[Path], names: Sequence[str]) -> None:
    """Raise if options that describe prediction files are given and every source is a run."""
    if all(source.is_dir() for source in sources):
        refuse_options(context, names, "a run knows its labels, folds and columns; it is for prediction files")


def _typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"

"""A blend named within the options of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from evenhand.base.errors import ConfigError, EvenhandError
from evenhand.base.settings.section import check
from evenhand.blending.core.method import Method
from evenhand.blending.methods import METHODS


def base_of(choice: str | Mapping[str, Any]) -> Method:
    """Return the method that a name, or a table with a name and options, stands for.

    Raises
    ------
    EvenhandError
        If there is no such method, or an option is wrong.
    """
    table = {"name": choice} if isinstance(choice, str) else dict(choice)
    name = str(table.pop("name", ""))
    return check(METHODS.get(name), table, name)


def _known(choice: str | dict[str, Any]) -> str | dict[str, Any]:
    try:
        base_of(choice)
    except ConfigError as error:
        raise ValueError("; ".join(str(fault) for fault in error.faults)) from None
    except EvenhandError as error:
        raise ValueError(str(error)) from None
    return choice


Base = Annotated[str | dict[str, Any], AfterValidator(_known)]
"""A name, or a table with a name and options, that is checked when it is read."""

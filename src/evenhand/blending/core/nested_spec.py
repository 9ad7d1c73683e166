"""A blend named within the options of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

from evenhand.base.settings.named_choice import Choice, faults_as_value_error, section_of
from evenhand.blending.core.method import Method
from evenhand.blending.methods import METHODS


def base_of(choice: str | Mapping[str, Any]) -> Method:
    """Return the method that a name, or a table with a name and options, stands for.

    Raises
    ------
    EvenhandError
        If there is no such method, or an option is wrong.
    """
    method: Method = section_of(METHODS, choice)
    return method


def _known(choice: Choice) -> Choice:
    with faults_as_value_error():
        base_of(choice)
    return choice


Base = Annotated[Choice, AfterValidator(_known)]
"""A name, or a table with a name and options, that is checked when it is read."""

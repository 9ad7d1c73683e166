"""Options that are a name or a table with a name: samplers, losses, schedules, blends, calibrators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from evenhand.base.errors import ConfigError, EvenhandError
from evenhand.base.registry import Registry
from evenhand.base.settings.section import check

Choice = str | dict[str, Any]
"""A name, or a table with a `name` and options."""


def as_table(choice: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return a choice as a table, a copy.

    >>> as_table("none"), as_table({"name": "power", "power": 0.5})
    ({'name': 'none'}, {'name': 'power', 'power': 0.5})
    """
    return {"name": choice} if isinstance(choice, str) else dict(choice)


def section_of(registry: Registry[Any], choice: str | Mapping[str, Any]) -> Any:
    """Return the section of a registry that a choice names, with its options checked.

    Raises
    ------
    EvenhandError
        If there is no such name, or an option is wrong; every fault is named.
    """
    table = as_table(choice)
    name = table.pop("name", None)
    if not isinstance(name, str) or not name.strip():
        known = ", ".join(registry.names())
        raise EvenhandError(f'A table for a {registry.what} needs a "name"; known are: {known}.')
    name = name.strip()
    return check(registry.get(name), table, name)


def checked_choice(registry: Registry[Any], value: Any) -> Any:
    """Return the value of a key as it is, once its name is known and its options are right.

    Raises
    ------
    ValueError
        If not; for validators of pydantic.
    """
    if not isinstance(value, (str, dict)):
        raise ValueError("give a name, or a table with a name and options")
    with faults_as_value_error():
        section_of(registry, value)
    return value


@contextmanager
def faults_as_value_error() -> Iterator[None]:
    """Raise errors of the block as one `ValueError`, which pydantic turns into a fault of the key it validates."""
    try:
        yield
    except ConfigError as error:
        raise ValueError("; ".join(str(fault) for fault in error.faults)) from None
    except EvenhandError as error:
        raise ValueError(str(error)) from None

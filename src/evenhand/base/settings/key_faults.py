"""Faults that a check of a whole section finds, each at the key that it is about."""

from __future__ import annotations

from collections.abc import Iterable

from evenhand.base.settings.toml_lines import Key


class KeyFaults(ValueError):  # noqa: N818  (it carries faults, as `ConfigError` does)
    """Raised by a validator of a section: for each fault the key below the section, and what is allowed.

    Of a plain `ValueError` pydantic knows the section alone, so that the message would name its first line.

    >>> str(KeyFaults(("width", "width is not even"), ("heads", "heads is 0")))
    'width is not even; heads is 0'
    """

    def __init__(self, *faults: tuple[str | Key, str]) -> None:
        self.faults: tuple[tuple[Key, str], ...] = tuple(
            ((key,) if isinstance(key, str) else key, allowed) for key, allowed in faults
        )
        super().__init__("; ".join(allowed for _, allowed in self.faults))

    @classmethod
    def raise_any(cls, faults: Iterable[tuple[str | Key, str]]) -> None:
        """Raise the faults, if there are any."""
        found = tuple(faults)
        if found:
            raise cls(*found)

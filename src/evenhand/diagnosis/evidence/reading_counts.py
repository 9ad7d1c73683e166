"""What reading did to the rows of a data set: how many each cap, fall-back, option and repair acted on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evenhand.base.values import Ints
from evenhand.modalities.counters import Counter

ORDER = ("cap", "fallback", "repair", "doubt", "option", "count")
"""Roles in the order of the table: first those that may change results without being noticed."""


@dataclass(frozen=True, eq=False)
class ReadingCounts:
    """How often each counter of a kind of data acted.

    Attributes
    ----------
    counters
        (c,) what is counted.
    values
        (n, c) int64, how often it happened to each row.
    settings
        Key of a counter -> its value in the configuration.
    asked
        Those keys that the configuration sets itself, rather than leaving them at their default.
    """

    counters: Sequence[Counter]
    values: Ints
    settings: Mapping[str, Any] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.values)

    def document(self) -> list[dict[str, Any]]:
        """Return a record for each counter: name, role, says, key, setting, rows it acted on, n, total."""
        rows, totals = (self.values > 0).sum(axis=0), self.values.sum(axis=0)
        found = [
            {
                "name": counter.name,
                "role": counter.role,
                "description": counter.description,
                "key": counter.key,
                "setting": self.settings.get(counter.key),
                "rows": int(rows[column]),
                "n": len(self),
                "total": int(totals[column]),
            }
            for column, counter in enumerate(self.counters)
        ]
        return sorted(found, key=lambda line: ORDER.index(str(line["role"])))

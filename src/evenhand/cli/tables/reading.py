"""What reading did, as a Rich table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.cli.console import Table

ROLES = {"fallback": "fall-back"}


def reading_table(lines: Sequence[Mapping[str, Any]]) -> Table:
    """Return a row for each cap, fall-back, repair and option: the rows it acted on, and how often in all."""
    table = Table(("what reading did", "", "rows", "share", "in all", "key"), right=(2, 3, 4))
    for line in lines:
        role, key = ROLES.get(line["role"], line["role"]), line["key"]
        setting = f"{key} = {line['setting']}" if key and line["setting"] is not None else key
        share = f"{line['rows'] / max(1, line['n']):.1%}"
        table.add_row(line["description"], role, f"{line['rows']:,}", share, f"{line['total']:,}", setting)
    return table

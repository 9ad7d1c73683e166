"""What reading did, as a Rich table of what acted and a sentence about the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.base.text.counted import count
from evenhand.cli.console import Out, Table, cell

ROLES = {"fallback": "fall-back"}


def print_reading(lines: Sequence[Mapping[str, Any]], out: Out) -> None:
    """Print what acted on a row at all, and in a sentence that the others did not."""
    acted = [line for line in lines if line["rows"]]
    idle = len(lines) - len(acted)
    if acted:
        out.print(reading_table(acted))
        if idle:
            out.print(cell(f"{count(idle, 'other counter')} of reading: none acted on any row."))
    else:
        out.print(cell(f"Reading cut nothing off, and no fall-back or repair acted ({count(idle, 'counter')})."))


def reading_table(lines: Sequence[Mapping[str, Any]]) -> Table:
    """Return a row for each cap, fall-back, repair and option: the rows it acted on, and how often in all."""
    table = Table(("what reading did", "", "rows", "share", "in all", "key"), right=(2, 3, 4))
    for line in lines:
        role, key = ROLES.get(line["role"], line["role"]), line["key"]
        setting = f"{key} = {line['setting']}" if key and line["setting"] is not None else key
        share = f"{line['rows'] / max(1, line['n']):.1%}"
        table.add_row(line["description"], role, f"{line['rows']:,}", share, f"{line['total']:,}", setting)
    return table

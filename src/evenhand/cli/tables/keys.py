"""The reference of the configuration as a list: one paragraph per key, for any width of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding

from evenhand.cli.console import Out, literal

if TYPE_CHECKING:
    import pandas as pd


def print_keys(table: pd.DataFrame) -> None:
    """Print the keys of each section under its header."""
    out = Out()
    for section, rows in table.groupby("section", sort=False):
        out.print(literal(section or "Before any table", "bold"))
        for row in rows.itertuples(index=False):
            head = literal(f"{row.key} = {row.default}", "cyan").append_text(literal(f"   {row.type}", "dim"))
            out.print(Padding(head, (0, 0, 0, 2), expand=False))
            out.print(Padding(literal(row.description), (0, 0, 0, 6), expand=False))
        out.print()

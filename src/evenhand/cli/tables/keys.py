"""The reference of the configuration as a list: one paragraph per key, for any width of the terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rich.padding import Padding

from evenhand.cli.console import Out, literal

if TYPE_CHECKING:
    import pandas as pd


def print_keys(table: pd.DataFrame) -> None:
    """Print the keys of each section; in whole lines unless standard output is a terminal, which wraps them."""
    out = Out()
    # Rich takes a pipe to be 80 columns wide; a list for `grep` has a line for each key and one for what it does.
    wrapped = out.is_terminal or "COLUMNS" in os.environ
    for section, rows in table.groupby("section", sort=False):
        out.print(literal(section or "Before any table", "bold"))
        for row in rows.itertuples(index=False):
            head = literal(f"{row.key} = {row.default}", "cyan").append_text(literal(f"   {row.type}", "dim"))
            for text, indent in ((head, 2), (literal(row.description), 6)):
                if wrapped:
                    out.print(Padding(text, (0, 0, 0, indent), expand=False), soft_wrap=False)
                else:
                    out.print(literal(" " * indent).append_text(text))
        out.print()

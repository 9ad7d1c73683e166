"""The columns of a table that look like a text, for a first configuration."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evenhand.base.text.cells import as_texts
from evenhand.base.text.toml_text import toml_comment, toml_value

NAMES = ("title", "text", "caption", "description", "headline", "product_name", "productdisplayname", "summary")
"""Names of columns that hold a text, most usual first."""


def named_texts(frame: pd.DataFrame) -> list[str]:
    """Return the columns that are called like a text, the most usual name first."""
    names = [str(name) for name in frame.columns]
    return [name for known in NAMES for name in names if name.casefold().replace(" ", "_") == known]


def text_section(frame: pd.DataFrame, taken: Sequence[str]) -> str:
    """Return the section [pairs] for a table: a column that is called like a text, or the one with the most words.

    Parameters
    ----------
    taken
        Columns that have another role.
    """
    words = {
        str(name): [len(cell.split()) for cell in as_texts(frame[name].tolist()) if cell]
        for name in frame.columns
        if str(name) not in taken
    }
    mean = {name: sum(counts) / len(counts) for name, counts in words.items() if counts}
    named = [name for name in named_texts(frame) if name in mean]
    longest = sorted((name for name in mean if mean[name] >= 2), key=lambda name: -mean[name])
    found = list(dict.fromkeys([*named, *longest]))
    if not found:
        return "[pairs]\ntext = []                       # no column looks like a text: name one\n\n"
    also = f"  # or a template of several: {toml_comment(found[1:4])}" if found[1:] else ""
    return f"[pairs]\ntext = {toml_value(found[0])}{also}\n\n"

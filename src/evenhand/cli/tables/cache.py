"""The entries of the store as a table that fits 80 columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evenhand.cli.console import Out, Table, literal

if TYPE_CHECKING:
    import pandas as pd


def print_cache(table: pd.DataFrame, folder: Path) -> None:
    """Print the entries of the store, and their total size."""
    out = Out()
    if len(table):
        shown = Table(("entry", "what", "rows", "size", "last used"), right=(2, 3))
        for row in table.to_dict(orient="records"):
            used = "in use" if row["in_use"] else age_words((datetime.now(UTC) - row["used"]).total_seconds())
            size = size_words(row["bytes"])
            shown.add_row(str(row["name"])[:8], what_words(row["what"], row["key"]), f"{row['rows']:,}", size, used)
        out.print(shown)
    total = int(table["bytes"].sum()) if len(table) else 0
    out.print(literal(f"{folder}: {len(table)} entries, {size_words(total)}. Clear with: evenhand cache --clear"))


def what_words(what: str, key: Mapping[str, Any], *, longest: int = 16, most: int = 3) -> str:
    """Return a short description of an entry: the kind of data and the settings with short values.

    >>> what_words("rows", {"kind": "photos", "size": 224, "code": "9f" * 32})
    'photos, size 224'
    >>> what_words("array", {"network": "9f" * 32})
    'activations'
    """
    if what == "damaged":
        return "damaged, made again when it is needed"
    settings = {name: str(value) for name, value in key.items() if isinstance(value, (str, int, float))}
    short = [f"{name} {value}" for name, value in settings.items() if name != "kind" and len(value) <= longest]
    first = settings.get("kind", "rows") if what == "rows" else "activations"
    return ", ".join([first[:longest], *short[:most]])


def age_words(seconds: float) -> str:
    """Return a duration in seconds as an age.

    >>> age_words(5), age_words(300), age_words(7200), age_words(3 * 86_400)
    ('now', '5 min ago', '2 h ago', '3 days ago')
    """
    for unit, length in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= length * (2 if unit == "days" else 1):
            return f"{seconds / length:.0f} {unit} ago"
    return "now"


def size_words(count: float) -> str:
    """Return a number of bytes with a unit.

    >>> size_words(999), size_words(1_500_000)
    ('999 B', '1.5 MB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError

"""Classes that lie mostly in one group, with and without it, as a Rich table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from evenhand.cli.figures import figure_words


def heaviest_table(found: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]], of: str) -> Table | None:
    """Return the figures of such classes in one set, or None where there is no such class.

    Parameters
    ----------
    found
        Model -> set -> classes, as `scores.json` holds them under "heaviest".
    of
        The set.
    """
    rows = [(name, one) for name, sets in found.items() for one in sets.get(of, ())]
    if not rows:
        return None
    table = Table(title="Classes that lie mostly in one group, with and without it", title_justify="left")
    for head in ("model", "class", "group", "share", "", "precision", "recall", "f1"):
        table.add_column(head)
    for name, one in rows:
        where = (Text(name), Text(str(one["class"])), Text(str(one["group"])), f"{one['share']:.0%}")
        table.add_row(*where, "with", *_figures(one["with"]))
        table.add_row("", "", "", "", "without", *_figures(one["without"]))
    return table


def _figures(figures: Mapping[str, Any] | None) -> list[str]:
    return [figure_words((figures or {}).get(name, {})) for name in ("precision", "recall", "f1")]

"""Classes that lie mostly in one group, with and without it, as a Rich table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.cli.console import Table, cell
from evenhand.cli.tables.figures import figure_words

FIGURES = ("precision", "recall", "f1")


def heaviest_table(
    found: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]], of: str, best: str = "", *, most: int = 6
) -> Table | None:
    """Return the figures of such classes in one set, or None where there is no such class; it fits 80 columns.

    Of more than `most` only those of the best model are shown, the most uneven first, as many.

    Parameters
    ----------
    found
        Model -> set -> classes, as `scores.json` holds them under "heaviest".
    of
        The set.
    best
        The best model.
    """
    rows = [(name, one) for name, sets in found.items() for one in sets.get(of, ())]
    if len(rows) > most:
        own = [(name, one) for name, one in rows if name == best] or rows
        rows = sorted(own, key=lambda row: -row[1]["share"])[:most]
    if not rows:
        return None
    table = Table(title="Classes that lie mostly in one group, with and without it", title_style="")
    for head in ("model, class and group", "with it", "without it"):
        table.add_column(head, overflow="fold")
    for name, one in rows:
        table.add_row(cell(f"{name}: {one['class']}, {one['share']:.0%} in {one['group']}", style="bold"))
        for figure in FIGURES:
            table.add_row(
                f"  {figure}", *(figure_words((one[how] or {}).get(figure, {})) for how in ("with", "without"))
            )
        table.add_section()
    return table

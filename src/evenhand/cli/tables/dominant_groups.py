"""Classes dominated by one group, with and without it, as a Rich table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.cli.console import Table, cell
from evenhand.cli.tables.figures import figure_words

FIGURES = ("precision", "recall", "f1")


def dominant_groups_table(
    found: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]], of: str, best: str = "", *, most: int = 6
) -> Table | None:
    """Return a table of the figures of such classes in one set that fits 80 columns, or None if there are none.

    If there are more than `most`, only those of the best model are shown, the most uneven first.

    Parameters
    ----------
    found
        Model -> set -> classes, as in `scores.json` under "heaviest".
    of
        The set.
    best
        The best model.
    """
    rows = [(name, one) for name, sets in found.items() for one in sets.get(of, ())]
    if len(rows) > most:
        of_best = [(name, one) for name, one in rows if name == best] or rows
        rows = sorted(of_best, key=lambda row: -row[1]["share"])[:most]
    if not rows:
        return None
    table = Table(title="Classes dominated by one group, with and without it", title_style="")
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

"""Figures of models and blends before and after refitting without the evaluated groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evenhand.base.values import Interval


@dataclass(frozen=True)
class RefitFigure:
    """The figure of one model or blend before and after refitting.

    Attributes
    ----------
    name
        Name of the model or blend.
    before
        The figure of the original predictions.
    after
        The figure after refitting without the evaluated groups.
    what
        What was refitted: "head", "blend" or "head and blend"; "nothing" if the folds of the model keep these
        groups whole; "not possible" if they split them and the model is in `Refit.seen`.
    """

    name: str
    before: Interval
    after: Interval
    what: str

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "name": self.name,
            "what": self.what,
            "before": self.before.document(),
            "after": self.after.document(),
        }


@dataclass(frozen=True)
class Refit:
    """Figures before and after refitting without the evaluated groups.

    Attributes
    ----------
    metric
        Name of the figure.
    summary
        What was held out, as a sentence.
    rows
        Models and blends.
    seen
        Models whose folds split the evaluated groups and that cannot be refitted: their figures, and those of
        blends with them, remain optimistic.
    """

    metric: str
    summary: str
    rows: tuple[RefitFigure, ...]
    seen: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "metric": self.metric,
            "summary": self.summary,
            "rows": [row.document() for row in self.rows],
            "seen": list(self.seen),
        }

    def table(self) -> pd.DataFrame:
        """Return it as a frame: name, what, before, after, change."""
        rows = [(r.name, r.what, r.before.estimate, r.after.estimate) for r in self.rows]
        table = pd.DataFrame(rows, columns=["name", "what", "before", "after"])
        return table.assign(change=table["after"] - table["before"])

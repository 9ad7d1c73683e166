"""What refitting gave: models and blends as they were, and learned again without the judged groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evenhand.base.values import Interval


@dataclass(frozen=True)
class Again:
    """One model or blend, scored as it was and learned again.

    Attributes
    ----------
    name
        Of the model or blend.
    before
        The figure of its predictions as they are.
    after
        The figure when everything that was learned again had seen none of the judged groups.
    what
        What was learned again: "head", "blend", "head and blend"; "nothing" where the folds of the model kept these
        groups whole already; or "not possible" where they divide them, and the model is in `Refit.seen`.
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
    """What changes when held-out groups have no say in anything.

    Attributes
    ----------
    metric
        Name of the figure.
    says
        What was held out, and what was learned again, in words.
    rows
        Models and blends.
    seen
        Models that have seen the judged groups, as their folds divide them, and that cannot be learned again here:
        their figures, and those of blends with them, are still too good.
    """

    metric: str
    says: str
    rows: tuple[Again, ...]
    seen: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "metric": self.metric,
            "says": self.says,
            "rows": [row.document() for row in self.rows],
            "seen": list(self.seen),
        }

    def table(self) -> pd.DataFrame:
        """Return it as a frame: name, what, before, after, change."""
        rows = [(r.name, r.what, r.before.estimate, r.after.estimate) for r in self.rows]
        table = pd.DataFrame(rows, columns=["name", "what", "before", "after"])
        return table.assign(change=table["after"] - table["before"])

"""The value that `earliness` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evenhand.base.values import Interval, Predictions, Verdict
from evenhand.pipeline.earliness.decisions import Decisions


@dataclass(frozen=True, eq=False)
class EarlinessResult:
    """Figures of a model as a function of the steps of a row that it has seen.

    Attributes
    ----------
    model
        Name of the model.
    of
        "oof", or "test" for locked rows.
    steps
        Numbers of steps, in ascending order; after the last, every row is whole.
    metrics
        Names of the metrics.
    figures
        Steps -> metric -> figure.
    verdicts
        Steps -> metric -> paired verdict against whole rows; none for the last.
    predictions
        Predictions after each number of steps.
    decisions
        Decisions as early as the precision asked for allows; None where a row may have several labels.
    notes
        Sentences for a person.
    """

    model: str
    of: str
    steps: tuple[int, ...]
    metrics: tuple[str, ...]
    figures: Mapping[int, Mapping[str, Interval]]
    verdicts: Mapping[int, Mapping[str, Verdict]]
    predictions: tuple[Predictions, ...]
    decisions: Decisions | None = None
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """Steps, metric, estimate, low, high, n, groups, difference, verdict: one row per steps and metric.

        The difference is that to whole rows, in the unit of the metric.
        """
        rows = []
        for count in self.steps:
            for metric in self.metrics:
                figure, verdict = self.figures[count][metric], self.verdicts.get(count, {}).get(metric)
                rows.append(
                    {
                        "steps": count,
                        "metric": metric,
                        "estimate": figure.estimate,
                        "low": figure.low,
                        "high": figure.high,
                        "n": figure.n,
                        "groups": figure.groups,
                        "difference": None if verdict is None else verdict.difference.estimate,
                        "verdict": "" if verdict is None else verdict.word,
                    }
                )
        return pd.DataFrame(rows)

    def document(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "model": self.model,
            "set": self.of,
            "steps": [
                {
                    "steps": count,
                    "figures": {name: figure.document() for name, figure in self.figures[count].items()},
                    "against_whole_rows": {
                        name: verdict.document() for name, verdict in self.verdicts.get(count, {}).items()
                    },
                }
                for count in self.steps
            ],
            "decisions": None if self.decisions is None else self.decisions.document(),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return f"EarlinessResult({self.model} after {', '.join(map(str, self.steps))} steps)"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.table.to_html(index=False, escape=True)}"

"""The result of an ablation: a row per change, with its figures and its verdict against the base."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from evenhand.base.storage.record import Record
from evenhand.base.values import Finding, Interval, Verdict
from evenhand.evaluation.comparison.compare import Comparison
from evenhand.pipeline.ablation.causes import AblationCause, causes_table

RESULT = "ablation.json"
"""Name of the document in the record of the base."""


@dataclass(frozen=True, eq=False)
class AblationRow:
    """One row of the table.

    Attributes
    ----------
    name
        "base", the name of the change, "all together", or with `leave_one_out` such as "all without hash".
    set
        Dotted key -> value.
    expect
        What was expected, in words.
    record
        Its record, or None if it has not been run.
    error
        Why it failed; "" if it did not.
    figures
        Metric -> figure on the rows that all have; empty before the comparison.
    verdicts
        Against the base, one per metric; none of the rows that leave a change out, which `causes` compares.
    conditions
        What else differs from the base (see EH402).
    """

    name: str
    set: Mapping[str, Any]
    expect: str = ""
    record: Record | None = None
    error: str = ""
    figures: Mapping[str, Interval] | None = None
    verdicts: tuple[Verdict, ...] = ()
    conditions: tuple[str, ...] = ()

    @property
    def state(self) -> Literal["done", "failed", "planned"]:
        """Whether it was run."""
        return "failed" if self.error else "planned" if self.record is None else "done"

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON; the record is named by its folder."""
        return {
            "name": self.name,
            "set": dict(self.set),
            "expect": self.expect,
            "state": self.state,
            "record": None if self.record is None else self.record.path.name,
            "error": self.error,
            "figures": {metric: figure.document() for metric, figure in (self.figures or {}).items()},
            "verdicts": [verdict.document() for verdict in self.verdicts],
            "conditions": list(self.conditions),
        }


@dataclass(frozen=True, eq=False)
class AblationResult:
    """An ablation.

    Attributes
    ----------
    name
        Name of the ablation.
    model
        The model or blend that is compared.
    metrics
        Names of the metrics.
    rows
        The base first, then the changes, then all together, then all without one.
    causes
        With `leave_one_out` the effect of each change, for each metric the largest first.
    comparison
        The rows that ran, compared with the base, and the pairs of `causes`, all in one family; None where only
        one of them did.
    findings
        What is to be said about the comparison: within noise (EH401), unequal (EH402), too few (EH406).
    """

    name: str
    model: str
    metrics: tuple[str, ...]
    rows: tuple[AblationRow, ...]
    comparison: Comparison | None = None
    findings: tuple[Finding, ...] = ()
    causes: tuple[AblationCause, ...] = ()

    @property
    def failed(self) -> tuple[AblationRow, ...]:
        """The rows that could not be run."""
        return tuple(row for row in self.rows if row.error)

    def table(self) -> pd.DataFrame:
        """Return a row per change and metric.

        Returns
        -------
        DataFrame
            name, state, metric, estimate, low, high, verdict, difference, difference_low, difference_high, p,
            expect, record. The base has no verdict.
        """
        return pd.DataFrame([line for row in self.rows for line in self._lines(row)])

    def causes_table(self) -> pd.DataFrame:
        """Return `causes` as a frame.

        Returns
        -------
        DataFrame
            name, metric, effect, alone, alone_difference, alone_low, alone_high, alone_p, given_others, …; of no
            rows without `leave_one_out`.
        """
        return causes_table(self.causes)

    def _lines(self, row: AblationRow) -> list[dict[str, Any]]:
        verdicts = {verdict.metric: verdict for verdict in row.verdicts}
        lines = []
        for metric in self.metrics:
            figure, verdict = (row.figures or {}).get(metric), verdicts.get(metric)
            difference = None if verdict is None else verdict.difference
            lines.append(
                {
                    "name": row.name,
                    "state": row.state,
                    "metric": metric,
                    **_ends(figure, "estimate", "low", "high"),
                    "verdict": "" if verdict is None else verdict.word,
                    **_ends(difference, "difference", "difference_low", "difference_high"),
                    "p": None if verdict is None else verdict.p,
                    "expect": row.expect,
                    "record": "" if row.record is None else str(row.record.path),
                }
            )
        return lines

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        compared = self.comparison
        return {
            "name": self.name,
            "model": self.model,
            "metrics": list(self.metrics),
            "rows": [row.document() for row in self.rows],
            "causes": [cause.document() for cause in self.causes],
            "n": None if compared is None else compared.n,
            "groups": None if compared is None else compared.groups,
            "findings": [finding.document() for finding in self.findings],
        }

    def __repr__(self) -> str:
        return "\n".join([f"AblationResult({self.name!r}, {len(self.rows)} rows)", *map(str, self._verdicts())])

    def _verdicts(self) -> list[Verdict]:
        return [verdict for row in self.rows for verdict in row.verdicts]

    def _repr_html_(self) -> str:
        return self.table().to_html(index=False, escape=True, float_format="{:.4f}".format)


def _ends(figure: Interval | None, *names: str) -> dict[str, float | None]:
    values = (None, None, None) if figure is None else (figure.estimate, figure.low, figure.high)
    return dict(zip(names, values, strict=True))

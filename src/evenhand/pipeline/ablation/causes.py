"""The causes in order: what each change does alone, and given all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evenhand.base.values import Verdict
from evenhand.pipeline.ablation.components import Component


@dataclass(frozen=True, eq=False)
class AblationCause:
    """The effect of one change in one metric.

    Attributes
    ----------
    name
        That of the change.
    metric
        Name of the metric.
    alone
        The change against the base, or against the changes that it needs; None where one of the two did not run.
    given_others
        All changes against all but this one (both without the changes that need it); None as above, and of an
        alternative that is not one of all together.
    """

    name: str
    metric: str
    alone: Verdict | None
    given_others: Verdict | None

    @property
    def effect(self) -> float:
        """The mean of both differences, in the unit of the metric; NaN where neither can be estimated.

        Of two changes this is the Shapley value (1953): the mean over the orders in which they are added. Of more,
        it is the mean of the first and the last place in that order.
        """
        found = [one.difference.estimate for one in (self.alone, self.given_others) if one is not None]
        found = [value for value in found if value == value]
        return sum(found) / len(found) if found else float("nan")

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "name": self.name,
            "metric": self.metric,
            "effect": self.effect if self.effect == self.effect else None,
            "alone": None if self.alone is None else self.alone.document(),
            "given_others": None if self.given_others is None else self.given_others.document(),
        }


def causes_in_order(
    components: Sequence[Component], metrics: Sequence[str], verdicts: Sequence[Verdict]
) -> tuple[AblationCause, ...]:
    """Return the changes as causes, for each metric the largest effect first, in either direction.

    Parameters
    ----------
    components
        The changes, with the rows whose differences are their effects.
    metrics
        Names of the metrics.
    verdicts
        At least those that could be reached on these rows.
    """
    found = {(one.base, one.name, one.metric): one for one in verdicts}
    causes: list[AblationCause] = []
    for metric in metrics:
        own = [
            AblationCause(
                one.name,
                metric,
                found.get((*one.alone, metric)),
                None if one.given_others is None else found.get((*one.given_others, metric)),
            )
            for one in components
        ]
        # Those that cannot be estimated come last.
        causes += sorted(own, key=lambda one: -abs(one.effect) if one.effect == one.effect else 1.0)
    return tuple(causes)


def causes_table(causes: Sequence[AblationCause]) -> pd.DataFrame:
    """Return a row per cause: name, metric, effect; verdict, difference, its ends and p of both comparisons.

    The columns of these are alone, alone_difference, alone_low, alone_high, alone_p, and given_others, …
    """
    columns = ["verdict", "difference", "low", "high", "p"]
    rows = [
        {
            "name": one.name,
            "metric": one.metric,
            "effect": one.effect,
            **_columns("alone", one.alone),
            **_columns("given_others", one.given_others),
        }
        for one in causes
    ]
    names = [
        side if word == "verdict" else f"{side}_{word}" for side in ("alone", "given_others") for word in columns
    ]
    return pd.DataFrame(rows, columns=["name", "metric", "effect", *names])


def _columns(side: str, verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {side: ""}
    by = verdict.difference
    return {
        side: verdict.word,
        f"{side}_difference": by.estimate,
        f"{side}_low": by.low,
        f"{side}_high": by.high,
        f"{side}_p": verdict.p,
    }

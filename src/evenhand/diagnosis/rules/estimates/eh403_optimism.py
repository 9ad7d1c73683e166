"""EH403: naive figures of ensembles that exceed the nested ones."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule
from evenhand.evaluation.comparison.verdicts import WORTH_CARING


@rule("EH403", slug="optimism", severity="warning", needs=("nested",), after=("EH404", "EH405"))
def check(evidence: Evidence, *, least: float = WORTH_CARING) -> Iterator[Found]:
    """Find blends with an optimistic figure on the rows they were learned from, and a best chosen by luck.

    What it checks: the naive figure of every blend against the nested one, with a paired interval, and the highest
    naive figure against the best step corrected for selection. It fires from a difference of `least` on whose
    interval lies above 0.

    Why it matters: weights, gates, temperatures and thresholds fit the noise of the rows that they are learned
    from. That gain does not carry over to new rows.

    What to do: report the nested, corrected figure; choose a method that learns less (equal, fewer models,
    shrinkage).

    Limits: the nested figure is about new rows like these. Models that were themselves selected on these rows, by
    hand or by early stopping, are optimistic beyond what can be measured here.

    Example: `Naive figures are optimistic: ensemble:boosting by 0.0312. The best of 7 is ensemble:nnls: macro_f1
    0.951 [0.938, 0.962] on new rows like these. Without nesting 0.973 would have been reported, +0.0220 too good.`
    """
    nested = evidence.nested
    if nested is None:
        return
    flattered = [r for r in nested.steps if r.optimism.estimate >= least and r.optimism.low > 0]
    if flattered:
        by = [f"{r.name} by {r.optimism.estimate:.4f}" for r in flattered]
        yield Found(
            message=f"Naive figures are optimistic: {listing(by)}. {nested.headline}",
            about=flattered[0].name if len(flattered) == 1 else "",
            evidence={
                "metric": nested.metric,
                "optimism": {r.name: r.optimism.document() for r in flattered},
                "naive_best": nested.naive_best,
                "corrected": nested.best.corrected.document(),
            },
        )

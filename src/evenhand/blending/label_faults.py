"""Check that metrics and blends of a configuration support the labels: one per row, or several."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from evenhand.base.errors import EvenhandError, Fault
from evenhand.base.settings.named_choice import Choice
from evenhand.blending.core.spec import Recipe, recipe
from evenhand.evaluation.metrics.metric_names import parse


def label_faults(
    score: Sequence[str],
    methods: Sequence[Choice | Recipe],
    *,
    several: bool,
    sets: Collection[str] = (),
    levels: Collection[str] = (),
) -> Iterator[Fault]:
    """Yield a fault for each metric and blend that does not support these labels, ignoring unknown names.

    Parameters
    ----------
    score
        Names of the metrics of [score].
    methods
        Blends that will be made.
    several
        Whether a row may have several labels.
    sets, levels
        The named sets of classes and the levels of the data.
    """
    for name in score:
        try:
            labels = parse(name, sets, levels).metric.labels
        except EvenhandError:
            continue
        if labels not in ("any", "several" if several else "one"):
            has = "may have several labels (data.task)" if several else "have one label each"
            yield Fault(f"score.{name}", f"is not for rows that {has}", "name another metric")
    for choice in methods:
        one = recipe(choice)
        if why := one.refusal(several=several):
            found, _, allowed = why.partition(". ")
            yield Fault("ensemble.methods", found[0].lower() + found[1:], allowed.rstrip("."))

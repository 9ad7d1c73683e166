"""Two versions of a data set: the effect of changed labels on a figure, and that of the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.values import Predictions, Verdict
from evenhand.evaluation.comparison.common_rows import disagreeing, in_common
from evenhand.evaluation.comparison.verdicts import WORTH_CARING, Question, verdicts
from evenhand.evaluation.core.evaluated_rows import known, rows_of
from evenhand.evaluation.core.metric import Measure
from evenhand.evaluation.figures.evaluate import labelled
from evenhand.evaluation.metrics.build import ask
from evenhand.evaluation.metrics.metric_names import Levels, Sets
from evenhand.evaluation.resampling.bootstrap import bootstrap
from evenhand.evaluation.resampling.differences import difference
from evenhand.evaluation.resampling.paired_interval import spread
from evenhand.evaluation.resampling.resampling_units import group_numbers


@dataclass(frozen=True)
class Versions:
    """A decomposition of the change from one version's figure to the other's into steps that add up.

    Attributes
    ----------
    metric
        Name of the metric.
    before, after
        The figures as each run reports them: its own rows, its own labels.
    rows_left
        The effect of leaving out the rows that only the first version has, on the first model's figure.
    labels
        The first model on the common rows, under the second labels against the first: the test became easier or
        harder, no model changed.
    model
        The second model against the first, on the common rows under the second labels.
    model_under_first
        The same under the first labels.
    rows_come
        The effect of the rows that only the second version has, on the second model's figure.
    n, relabelled, only_before, only_after
        Number of common rows, of relabelled ones among them, and of rows of one version only.
    ids
        The relabelled rows.
    """

    metric: str
    before: float
    after: float
    rows_left: float
    labels: Verdict
    model: Verdict
    model_under_first: Verdict
    rows_come: float
    n: int
    relabelled: int
    only_before: int
    only_after: int
    ids: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        plain = {key: value for key, value in vars(self).items() if not isinstance(value, Verdict)}
        tested = {key: value.document() for key, value in vars(self).items() if isinstance(value, Verdict)}
        return plain | tested | {"ids": list(self.ids), "summary": str(self)}

    def __str__(self) -> str:
        labels, model = self.labels.difference, self.model.difference
        return (
            f"{self.metric} went from {self.before:.4f} to {self.after:.4f} ({self.after - self.before:+.4f}): "
            f"{self.rows_left:+.4f} for {self.only_before:,} rows left out, {labels.estimate:+.4f} for "
            f"{self.relabelled:,} changed labels, {model.estimate:+.4f} for the model "
            f"[{model.low:+.4f}, {model.high:+.4f}], {self.rows_come:+.4f} for {self.only_after:,} new rows. "
            f"The model is {_as_verdict(self.model)}."
        )


def _as_verdict(verdict: Verdict) -> str:
    words = {"no difference found": "not found to differ"}
    return words.get(verdict.word, verdict.word if verdict.found else "not distinguishable: too few rows")


def compare_versions(
    before: Predictions,
    after: Predictions,
    metric: str = "macro_f1",
    *,
    smallest: float = WORTH_CARING,
    sets: Sets | None = None,
    levels: Levels | None = None,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Versions:
    """Return how much of a gain between two versions of a data set is due to labels and how much to the model.

    Parameters
    ----------
    before, after
        Predictions of two models on two versions of the data, each with its own labels.
    metric, smallest, sets, levels, draws, level, seed
        As in `compare_predictions`. The three verdicts are one family.

    Raises
    ------
    DataError
        If no row is known to both, or the classes differ.
    """
    first, second = _both_known(before, after)
    # Each model under the labels of the other version, so that labels and model change one at a time.
    swapped = [replace(first, truth=second.truth), replace(second, truth=first.truth)]

    def measure(p: Predictions) -> Measure:
        return ask(rows_of(labelled(p)), [metric], sets or {}, levels or {})[0]

    old, old_new_labels, new_old_labels, new = map(measure, (first, *swapped, second))
    contrasts = [difference(old_new_labels, old), difference(new, old_new_labels), difference(new_old_labels, old)]
    # Groups that somebody named go before families, which folds found.
    named_by = next((p for p in (first, second) if p.named_groups is not None), None)
    by = named_by or (second if first.groups is None else first)
    groups = group_numbers(by.groups, len(first))
    drawn = bootstrap(contrasts, groups, draws=draws, seed=seed)
    names = [("second labels", "first labels"), (after.model, before.model), (after.model, before.model)]
    higher = old.metric.higher_is_better
    asked = [
        Question(name, base, metric, higher, spread(one, groups, replicates))
        for (name, base), one, replicates in zip(names, contrasts, drawn, strict=True)
    ]
    labels, model, under_first = verdicts(asked, smallest=smallest, level=level)
    whole = [measure(p).estimate() for p in (before, after)]
    changed = disagreeing(first, second)
    return Versions(
        metric=metric,
        before=whole[0],
        after=whole[1],
        rows_left=old.estimate() - whole[0],
        labels=labels,
        model=model,
        model_under_first=under_first,
        rows_come=whole[1] - new.estimate(),
        n=len(first),
        relabelled=int(changed.sum()),
        only_before=len(labelled(before)) - len(first),
        only_after=len(labelled(after)) - len(first),
        ids=tuple(str(name) for name in first.ids[changed]),
    )


def _both_known(before: Predictions, after: Predictions) -> Sequence[Predictions]:
    """Return both on the common rows whose truth both know."""
    first, second = in_common((labelled(before), labelled(after)))
    assert first.truth is not None
    assert second.truth is not None
    one, two = first.truth, second.truth
    if one.ndim == 2 == two.ndim:  # of the labels of a row, each version may know others
        unknown = np.isnan(one) | np.isnan(two)
        one, two = (np.where(unknown, np.nan, truth) for truth in (one, two))
        first, second = replace(first, truth=one), replace(second, truth=two)
    both = known(one) & known(two)
    if not both.any():
        raise DataError("No row has a known label in both versions; nothing can be compared.")
    return first.take(both), second.take(both)

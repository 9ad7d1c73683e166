"""EH412: a chosen model that predicts more labels than rows have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from evenhand.base.values import Interval, Predictions
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.rule import Found, rule
from evenhand.evaluation.core.evaluated_rows import EvaluatedRows, known, rows_of
from evenhand.evaluation.figures.row_share import share

TUNED = "+thresholds"


@rule("EH412", slug="too-many-labels", severity="warning", needs=("several_predicted",), after=("EH411",))
def check(evidence: Evidence, *, times: float = 2.0, least_rows: int = 50, level: float = 0.95) -> Iterator[Found]:
    """Find a best model that predicts labels nearly everywhere.

    What it checks: where rows may have several labels, the model or blend of the headline, on `least_rows` rows or
    more: its Hamming loss less that of predicting no label, with an interval over groups (confidence `level`), and
    its labels per row beside those of the truth. It fires where the interval lies above 0, or there are more than
    `times` as many labels as are true.

    Why it matters: such a model is wrong in more cells than one that says nothing, and no row is right as a whole.
    F1 per label does not show it: the threshold with the best F1 of a score that knows nothing is the one that
    predicts the label for every row (Lipton, Elkan & Naryanaswamy 2014), and macro F1 then is highest for the model
    that predicts most. Labels of one block (`data.exclusive`) are predicted together.

    What to do: leave tuned thresholds out (the patch) until the models rank rows better than chance (`roc_auc` and
    `average_precision` of each label), or choose by another score, such as `average_precision`. Without tuned
    thresholds it is the class weights or the loss that make labels probable: see the balance ledger.

    Limits: where a missed label costs more than a wrong one, many labels may be what is wanted. Not applicable
    where a row has one class.

    Example: `ensemble:equal+thresholds predicts 7.2 labels per row where 3.1 are true: Hamming loss 0.397, and
    0.235 without any label (difference +0.162 [+0.140, +0.184], 276 rows).`
    """
    for p in _chosen(evidence):
        assert p.truth is not None
        p = p.take(known(p.truth))
        if len(p) < least_rows:
            continue
        rows = rows_of(p)
        worse = _worse_than_none(rows, p, level)
        true, predicted = float(rows.held.sum() / len(p)), float(rows.claimed.sum() / len(p))
        if worse.low > 0 or predicted > times * true:
            silent = float(rows.held.mean())
            yield Found(
                message=f"{p.model or 'unnamed'} predicts {predicted:.1f} labels per row where {true:.1f} are "
                f"true: Hamming loss {silent + worse.estimate:.3f}, and {silent:.3f} without any label (difference "
                f"{worse.estimate:+.3f} [{worse.low:+.3f}, {worse.high:+.3f}], {len(p):,} rows).",
                about=p.model,
                evidence={
                    "labels_per_row": {"true": true, "predicted": predicted},
                    "hamming_loss": {"model": silent + worse.estimate, "no label": silent},
                    "difference": worse.document(),
                },
                patch=_patch(evidence, p.model),
            )


def _chosen(evidence: Evidence) -> list[Predictions]:
    """Return the predictions of the headline with several labels; where none is named, those that stand alone."""
    every = evidence.predictions or ()
    best = (
        [p for p in every if p.model == evidence.best] if evidence.best else list(every) if len(every) == 1 else []
    )
    return [p for p in best if p.truth is not None and p.multi_label]


def _worse_than_none(rows: EvaluatedRows, p: Predictions, level: float) -> Interval:
    """Return the Hamming loss less that of predicting no label, with its interval over groups."""
    # Of a label that is not known, neither is true: it is wrong for no one, as in the metric.
    more = (rows.claimed != rows.held).mean(axis=1) - rows.held.mean(axis=1)
    # `share` takes numbers in 0..1, the difference lies in -1..1: map it there, and its interval back.
    half = share((1 + more) / 2, p, draws=1000, level=level)
    return replace(half, estimate=2 * half.estimate - 1, low=2 * half.low - 1, high=2 * half.high - 1)


def _patch(evidence: Evidence, model: str) -> dict[str, Any] | None:
    """Return the methods without tuned thresholds; None where the model has none, or they are not configured."""
    methods = evidence.setting("ensemble.methods", ())
    tuned = [method for method in methods if TUNED in method]
    if TUNED not in model or not tuned:
        return None
    return {"ensemble.methods": [method for method in methods if method not in tuned]}

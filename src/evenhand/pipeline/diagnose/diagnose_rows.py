"""The rows of a diagnosis as a table, and the sentences on what its figures lack."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from evenhand.base.text.label_texts import label_texts
from evenhand.base.values import TRUTH_THRESHOLD, Mask, Predictions
from evenhand.evaluation.core.evaluated_rows import known
from evenhand.evaluation.new_rows.unlike import Unlikeness
from evenhand.pipeline.diagnose.truth import RowTruth
from evenhand.pipeline.verbs.predict import PredictionResult


def row_table(
    prediction: PredictionResult, p: Predictions, unlike: Unlikeness | None, trained_on: Mask
) -> pd.DataFrame:
    """Return the rows of `DiagnoseResult.table`."""
    kind, frame = prediction.settings.kind, prediction.samples.frame
    out = pd.DataFrame({"id": p.ids})
    for name in ("path", *kind.shown):
        out[name] = frame[name].to_numpy()
    out["predicted"] = prediction.table["predicted"].to_numpy()
    out["confidence"] = prediction.table["confidence"].to_numpy()
    out["truth"] = _truth_texts(p, prediction.settings.data.separator)
    nothing = np.full(len(p), np.nan)
    out["distance"] = nothing if unlike is None else unlike.distance
    out["as_far"] = nothing if unlike is None else unlike.as_far
    out["flagged"] = np.full(len(p), None, dtype=object) if unlike is None else unlike.flagged
    out["trained_on"] = trained_on
    return out


def _truth_texts(p: Predictions, separator: str) -> list[str | None]:
    if p.truth is None:
        return [None] * len(p)
    there = known(p.truth)
    if p.truth.ndim == 1:
        return [p.classes[label] if yes else None for label, yes in zip(p.truth, there, strict=True)]
    texts = label_texts(p.truth >= TRUTH_THRESHOLD, p.classes, separator)
    return [text if yes else None for text, yes in zip(texts, there, strict=True)]


def notes(
    truth: RowTruth,
    counted: Predictions,
    held_out: Predictions,
    sampled: int | None,
    total: int,
    seed: int,
    *,
    there: bool,
    why: str,
) -> Iterator[str]:
    """Yield what a reader must know about how these figures were made, and what they lack."""
    if sampled is not None:
        yield (
            f"A random sample of {sampled:,} of {total:,} rows (seed {seed}), drawn without regard to classes: "
            "shares and figures estimate those of the whole folder."
        )
    if not there:
        yield (
            f"The truth is not known: {truth.source}. There is no accuracy; classes are held against the run's "
            "out-of-fold predictions, and differ also where the folder holds other shares of classes. Give labels "
            "with --manifest."
        )
    if counted.multi_label:
        yield (
            "Rows may have several labels: a row counts as right if all labels are, and confusions between two "
            "classes are not defined and not shown. Each label is held against its own frequency."
        )
    if truth.groups is None and held_out.named_groups is not None:
        yield (
            "Groups of these rows are not known: intervals take rows as independent, and are too narrow where rows "
            "come in series. Name a column of the manifest with --group."
        )
    if why:
        yield f"Distances from the training rows could not be measured: {why}"

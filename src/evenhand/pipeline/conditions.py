"""What differs between two runs beside what they are compared for (EH402)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.base.errors import RecordError
from evenhand.base.record import Record
from evenhand.base.values import Predictions
from evenhand.ensemble.coverage import differing
from evenhand.evaluation.matching import disagreeing, in_common, named

BUDGET = ("epochs", "batch_size", "early_stop", "stage", "soup", "ema", "swa_from")
"""Keys of a model's [train] that decide how much work goes into it."""


def differences(
    base: Predictions, other: Predictions, base_run: Record | None = None, other_run: Record | None = None
) -> list[str]:
    """Return in words what differs: budget, files, rows, labels and folds; an empty list where nothing does.

    Parameters
    ----------
    base, other
        Predictions, each with its own rows, truth and folds.
    base_run, other_run
        The runs that they come from, or None.
    """
    out = []
    if base_run is not None and other_run is not None and base_run.path != other_run.path:
        out += _of_data(base_run, other_run)
    if base_run is not None and other_run is not None:
        out += _of_budget(_model(base_run, base.model), _model(other_run, other.model))
    return out + _of_rows(base, other)


def _of_data(base: Record, other: Record) -> list[str]:
    """Return what differs between the files that two runs read."""
    ours, theirs = base.samples().frame, other.samples().frame
    if "content" not in ours or "content" not in theirs:
        return []
    both = ours[["id", "content"]].merge(theirs[["id", "content"]], on="id")
    changed = int((both["content_x"] != both["content_y"]).sum())
    return [f"{changed:,} rows have other files under the same id"] if changed else []


def _model(record: Record, name: str) -> Mapping[str, Any]:
    """Return the resolved settings of a model; of a blend, or where nothing is known, nothing."""
    try:
        models = record.resolved().get("model", [])
    except RecordError:
        return {}
    return next((model for model in models if model["name"] == name.split("/")[-1]), {})


def _of_budget(base: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    if not base or not other:
        return []
    ours, theirs = base.get("train", {}), other.get("train", {})
    out = [
        f"train.{key} {ours.get(key)} against {theirs.get(key)}"
        for key in BUDGET
        if key in {*ours, *theirs} and ours.get(key) != theirs.get(key)
    ]
    seeds = [len(model.get("seeds", [0])) for model in (base, other)]
    return [*out, f"{seeds[0]} against {seeds[1]} seeds"] if seeds[0] != seeds[1] else out


def _of_rows(base: Predictions, other: Predictions) -> list[str]:
    ours, theirs = in_common((base, other))
    out = []
    for p, same in ((base, ours), (other, theirs)):
        if len(p) > len(same):
            out.append(f"{len(p) - len(same):,} rows are in {named(p)} alone and are not compared")
    labels = int(disagreeing(ours, theirs).sum())
    if labels:
        out.append(f"{labels:,} rows have another label")
    moved = 0 if ours.fold is None or theirs.fold is None else differing(ours.fold, theirs.fold)
    if moved:
        out.append(f"{moved:,} of {len(ours):,} rows were held out with other rows (another plan of folds)")
    if base.origin != other.origin:
        out.append(f"{named(base)} is {base.origin}, {named(other)} is {other.origin}")
    return out

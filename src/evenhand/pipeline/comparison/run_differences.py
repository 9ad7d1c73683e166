"""Conditions other than the model in which two runs differ (EH402)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.base.errors import EvenhandError, RecordError
from evenhand.base.storage.record import Record
from evenhand.base.values import Predictions
from evenhand.blending.blend import PREFIX
from evenhand.blending.inputs.coverage import differing
from evenhand.evaluation.comparison.common_rows import disagreeing, in_common, named
from evenhand.models.heads.registry import HEADS

BUDGET = ("epochs", "batch_size", "early_stop", "stage", "soup", "ema", "swa_from")
"""Keys of [train] of a model that determine its training budget; `batch_size` stands for the rows of a step."""


def differences(
    base: Predictions, other: Predictions, base_run: Record | None = None, other_run: Record | None = None
) -> list[str]:
    """Return the differences as phrases: budget, files, rows, labels and folds.

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
        out += _of_models(base_run, base.model, other_run, other.model)
    return out + _of_rows(base, other)


def _of_data(base: Record, other: Record) -> list[str]:
    """Return the differences between the files of two runs."""
    ours, theirs = base.samples().frame, other.samples().frame
    if "content" not in ours or "content" not in theirs:
        return []
    both = ours[["id", "content"]].merge(theirs[["id", "content"]], on="id")
    changed = int((both["content_x"] != both["content_y"]).sum())
    return [f"{changed:,} rows have different files under the same id"] if changed else []


def _of_models(base: Record, base_name: str, other: Record, other_name: str) -> list[str]:
    """Return the differences between the budgets of two models; of blends, between models of the same name."""
    ours, theirs = _models(base, base_name), _models(other, other_name)
    # A blend has no budget of its own; it has those of its models.
    blends = [_is_blend(name) for name in (base_name, other_name)]
    if not any(blends):
        return budget_differences(*(next(iter(models.values()), {}) for models in (ours, theirs)))
    apart: dict[str, list[str]] = {}
    for name in ours:
        for words in budget_differences(ours[name], theirs.get(name, {})):
            apart.setdefault(words, []).append(name)
    out = [f"{words} ({', '.join(names)})" for words, names in apart.items()]
    if all(blends) and ours and theirs and set(ours) != set(theirs):
        out.append(f"models {', '.join(ours)} against {', '.join(theirs)} are blended")
    return out


def _models(record: Record, name: str) -> Mapping[str, Mapping[str, Any]]:
    """Return name -> resolved settings of a model, or of all models of a run for a blend; empty if unknown."""
    try:
        models = {str(model["name"]): model for model in record.resolved().get("model", [])}
    except RecordError:
        return {}
    own = _own(name)
    return models if _is_blend(name) else {own: models[own]} if own in models else {}


def _is_blend(name: str) -> bool:
    return _own(name).startswith(PREFIX)


def _own(name: str) -> str:
    """Return the name of a model in its run, without a prefix "RUN/"."""
    return name.rsplit("/", maxsplit=1)[-1]


def budget_differences(base: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the differences between the budgets of two models, by their resolved settings, as phrases."""
    if not base or not other:
        return []
    ours, theirs = base.get("train", {}), other.get("train", {})
    names = {"batch_size": "batch_size x accumulate_grad_batches"} if _accumulates(ours, theirs) else {}
    ours, theirs = _with_effective_batch(ours), _with_effective_batch(theirs)
    used = _used(base) & _used(other)
    out = [
        f"train.{names.get(key, key)} {ours.get(key)} against {theirs.get(key)}"
        for key in BUDGET
        if key in used and key in {*ours, *theirs} and ours.get(key) != theirs.get(key)
    ]
    seeds = [len(model.get("seeds", [0])) for model in (base, other)]
    return [*out, f"{seeds[0]} against {seeds[1]} seeds"] if seeds[0] != seeds[1] else out


def _accumulates(*trains: Mapping[str, Any]) -> bool:
    return any(train.get("accumulate_grad_batches", 1) > 1 for train in trains)


def _with_effective_batch(train: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings with the rows that an optimizer step sees as `batch_size`, in however many batches."""
    if "batch_size" not in train or not _accumulates(train):
        return train
    return {**train, "batch_size": train["batch_size"] * train["accumulate_grad_batches"]}


def _used(model: Mapping[str, Any]) -> set[str]:
    """Return the keys of the budget that a model uses; what replaces one of the others is compared itself."""
    # A solver, not a training: its record holds keys of [train] that it does not use.
    if _is_solved(model):
        return set()
    train = model.get("train", {})
    unused = {"epochs"} if train.get("stage") else set()
    # Both switch early stopping off, whatever the key says.
    if train.get("swa_from") is not None or train.get("choose_by") == "last":
        unused.add("early_stop")
    if len(model.get("seeds", [0])) < 2:
        unused.add("soup")
    return {*BUDGET} - unused


def _is_solved(model: Mapping[str, Any]) -> bool:
    """Return whether the head of a model is fitted in one step (not one that is not installed here)."""
    try:
        return HEADS.get(str(model.get("head", ""))).solved
    except EvenhandError:
        return False


def _of_rows(base: Predictions, other: Predictions) -> list[str]:
    ours, theirs = in_common((base, other))
    out = []
    for p, same in ((base, ours), (other, theirs)):
        if len(p) > len(same):
            out.append(f"{len(p) - len(same):,} rows are only in {named(p)} and are not compared")
    labels = int(disagreeing(ours, theirs).sum())
    if labels:
        out.append(f"{labels:,} rows have a different label")
    # Numbers of folds are arbitrary; what counts is which rows were held out together.
    moved = 0 if ours.fold is None or theirs.fold is None else differing(ours.fold, theirs.fold)
    if moved:
        out.append(f"{moved:,} of {len(ours):,} rows were held out with other rows (different folds)")
    if base.origin != other.origin:
        out.append(f"{named(base)} is {base.origin}, {named(other)} is {other.origin}")
    return out

"""Checks that run after every epoch of a training: the rules about training histories.

Training does not import this package. A run passes it the name of `watcher`, which the worker process resolves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evenhand.base.values import Floats
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.history_priors import balance_plans_of
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.diagnosis.examine import examine

CODES = ("EH301", "EH302", "EH303", "EH311")
"""Rules that run during training."""

Alarm = dict[str, Any]
"""A finding as plain values: code, severity, message, about, evidence, patch."""


def watcher(
    model: str,
    fold: int,
    seed: int,
    classes: Sequence[str],
    labels: Any,
    balance: Mapping[str, Any],
    train: Mapping[str, Any],
    weights: Floats | None = None,
) -> Callable[[Sequence[Mapping[str, Any]]], list[Alarm]]:
    """Return a function from the epoch lines of a fit to the current alarms.

    Parameters
    ----------
    labels
        (n,) class indices of the training rows, or (n, k) shares.
    balance, train
        The settings of the model, as plain values; stages are among the latter.
    weights
        (n,) weights of the training rows in the loss, or None for equal ones.
    """
    # Once: the plans of a fit do not change from epoch to epoch, only which of them is in force.
    plans = balance_plans_of(balance, train, labels, classes, weights)

    def alarms(lines: Sequence[Mapping[str, Any]]) -> list[Alarm]:
        history = TrainingHistory(model, fold, seed, tuple(classes), tuple(lines), train=train).with_plans(plans)
        return [finding.document() for finding in examine(Evidence(histories=(history,)), CODES).findings]

    return alarms

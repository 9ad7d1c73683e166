"""The doctor beside a training: the rules about courses, asked after every epoch.

Training does not know the doctor. A run hands it the name of `watcher`, which is looked up in the worker process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.history_priors import beliefs_of
from evenhand.diagnosis.evidence.training_history import TrainingHistory
from evenhand.diagnosis.examine import examine

CODES = ("EH301", "EH302", "EH303", "EH311")
"""Rules that are asked while a training runs."""

Alarm = dict[str, Any]
"""A finding as plain values: code, severity, says, about, evidence, patch."""


def watcher(
    model: str,
    fold: int,
    seed: int,
    classes: Sequence[str],
    labels: Any,
    balance: Mapping[str, Any],
    train: Mapping[str, Any],
) -> Callable[[Sequence[Mapping[str, Any]]], list[Alarm]]:
    """Return a function from the lines of a fit so far to what is wrong with it now.

    Parameters
    ----------
    labels
        (n,) class indices of the training rows, or (n, k) shares.
    balance, train
        The settings of the model, as plain values; stages are among the latter.
    """
    beliefs = beliefs_of(balance, train, labels, classes)

    def look(lines: Sequence[Mapping[str, Any]]) -> list[Alarm]:
        course = TrainingHistory(model, fold, seed, tuple(classes), tuple(lines), train=train).believing(beliefs)
        return [finding.document() for finding in examine(Evidence(courses=(course,)), CODES).findings]

    return look

"""Learning-rate schedules: pure functions of the time within a stage.

Times are in epochs, as floats, so that the rate changes with every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from evenhand.training.config import TrainConfig


def learning_rate_factor(
    train: TrainConfig, at: float, total: float, falls: int = 0, *, step: float = 0.0
) -> float:
    """Return the share of the peak learning rate at a time within a stage, in 0..1.

    Parameters
    ----------
    at
        Epochs since the stage began, at the start of the step.
    total
        Length of the stage in epochs.
    falls
        Number of plateaus so far (schedule "plateau" only).
    step
        Length of one step in epochs. The warm-up counts to the end of a step, so that the rate of the first step is
        not 0; it takes half of the stage at most.

    >>> learning_rate_factor(TrainConfig(warmup_epochs=2, schedule="constant"), at=0.5, total=20, step=0.5)
    0.5
    """
    # A stage shorter than its warm-up would end before its peak.
    warmup = min(train.warmup_epochs, total / 2)
    if at < warmup:
        return min(1.0, (at + step) / warmup)
    return _SCHEDULES[train.schedule](train, at - warmup, total - warmup, falls)


def _constant(train: TrainConfig, at: float, total: float, falls: int) -> float:
    return 1.0


def _step(train: TrainConfig, at: float, total: float, falls: int) -> float:
    return float(train.step_factor ** math.floor(at / train.step_epochs))


def _plateau(train: TrainConfig, at: float, total: float, falls: int) -> float:
    return float(train.plateau_factor**falls)


def _cosine(train: TrainConfig, at: float, total: float, falls: int) -> float:
    """Loshchilov & Hutter 2017, eq. 5, without restarts."""
    # `at` lies beyond the end where batch statistics are refreshed, after the last epoch
    return train.floor + (1.0 - train.floor) * 0.5 * (1.0 + math.cos(math.pi * min(1.0, at / total)))


_SCHEDULES: dict[str, Callable[[TrainConfig, float, float, int], float]] = {
    "constant": _constant,
    "step": _step,
    "plateau": _plateau,
    "cosine": _cosine,
}

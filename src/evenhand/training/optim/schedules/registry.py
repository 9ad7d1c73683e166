"""Learning-rate schedules by name: `"cosine"`, or `{"name": "cosine", "floor": 0.1}`.

Each is a section with its own options, so a new file here (or another package's entry point) is a new name in the
configuration. Times are in epochs, as floats, so that the rate changes with every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from evenhand.base.registry import Registry
from evenhand.base.settings.section import Section


class Schedule(Protocol):
    """How the learning rate falls within a stage, after the warm-up; a pure function, so that a fit can resume."""

    def multiplier(self, at: float, total: float, values: Sequence[float]) -> float:
        """Return the share of the peak learning rate at a time, in 0..1.

        Parameters
        ----------
        at
            Epochs since the warm-up ended. May pass `total`: batch statistics are refreshed after the last epoch.
        total
            Length of the stage in epochs, without the warm-up.
        values
            What selects the epoch (higher is better), of each epoch of the stage so far, warm-up included.
        """


SCHEDULES: Registry[type[Section]] = Registry(
    "learning-rate schedule", group="evenhand.schedules", package="evenhand.training.optim.schedules"
)


def learning_rate_factor(
    schedule: Schedule,
    at: float,
    total: float,
    values: Sequence[float] = (),
    *,
    warmup: float = 0.0,
    step: float = 0.0,
) -> float:
    """Return the share of the peak learning rate at a time within a stage, in 0..1.

    Parameters
    ----------
    at
        Epochs since the stage began, at the start of the step.
    total
        Length of the stage in epochs.
    values
        What selects the epoch, of each epoch of the stage so far.
    warmup
        Epochs in which the rate rises evenly; half of the stage at most.
    step
        Length of one step in epochs. The warm-up counts to the end of a step, so that the rate of the first step is
        not 0.

    >>> learning_rate_factor(SCHEDULES.get("constant")(), at=0.5, total=20, warmup=2, step=0.5)
    0.5
    """
    # A stage shorter than its warm-up would end before its peak.
    warmup = min(warmup, total / 2)
    if at < warmup:
        return min(1.0, (at + step) / warmup)
    return schedule.multiplier(at - warmup, total - warmup, values)

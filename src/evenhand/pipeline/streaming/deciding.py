"""Decisions while a row arrives: at the steps and the confidence that `earliness` found for a precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.pipeline.earliness.thresholds import stored_thresholds
from evenhand.pipeline.streaming.streamed_step import Decision


@dataclass(frozen=True)
class DecisionRule:
    """A row is decided at the first of some steps at which its most probable class is probable enough.

    Attributes
    ----------
    threshold
        Least probability of the class.
    steps
        The steps at which `earliness` looked; at others, more looks would mean more wrong decisions.
    """

    threshold: float
    steps: frozenset[int]

    @classmethod
    def of(cls, record: Record, model: str, precision: float) -> Self:
        """Return the rule of a model of a record for a precision.

        Raises
        ------
        EvenhandError
            If `earliness` was not run for it, or found no confidence that reaches it.
        """
        known = stored_thresholds(record, model)
        if precision not in known:
            have = ", ".join(f"{one:g}" for one in sorted(known)) or "none"
            raise EvenhandError(
                f"{record.path}: no decision threshold is known for model {model} and a precision of {precision:g} "
                f"(known: {have}). Run: evenhand earliness {record.path} --model {model} --precision {precision:g}"
            )
        found = known[precision]
        if found.threshold is None:
            raise EvenhandError(
                f"{record.path}: no confidence of model {model} reached a precision of {precision:g} on held-out "
                "rows. Ask for less."
            )
        return cls(found.threshold, frozenset(found.steps))

    def decided(self, predicted: str, confidence: float, step: int, *, last: bool = False) -> Decision | None:
        """Return the decision after a step of a row that is not decided yet, if there is one.

        Parameters
        ----------
        last
            Whether the row ended with this step: shorter rows are whole at every later step.
        """
        looked = step in self.steps or (last and any(step < one for one in self.steps))
        return Decision(predicted, step) if looked and confidence >= self.threshold else None

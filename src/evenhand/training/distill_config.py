"""The table [model.train] distill: a teacher, and how far it is listened to. No torch here."""

from __future__ import annotations

from pydantic import field_validator

from evenhand.base.settings.section import Section, option


class DistillConfig(Section):
    """A finished record whose out-of-fold predictions a model learns from, beside the labels."""

    record: str = option(
        says="Folder of the teacher's finished run, relative to where you stand; it has the same rows and folds.",
        min_length=1,
    )
    model: str = option(says="The teacher: a model or an ensemble of that record.", min_length=1)
    temperature: float = option(
        2.0, gt=0, le=100, says="What logits of both are divided by: above 1, second choices are heard too."
    )
    weight: float = option(0.5, gt=0, le=1, says="The teacher's share of the loss; the rest is the labels'.")
    start_epoch: int = option(0, ge=0, unit="epochs", says="First epoch in which the teacher is heard.")
    pause: list[int] = option(
        [],
        unit="epochs",
        says="First epoch of a pause in which only the labels are heard, and the first one after it: [8, 12].",
    )

    @field_validator("pause")
    @classmethod
    def _from_to(cls, pause: list[int]) -> list[int]:
        if pause and not (len(pause) == 2 and 0 <= pause[0] < pause[1]):
            raise ValueError("give the first epoch of the pause and the first one after it, or [] for none")
        return pause

    def hears(self, epoch: int) -> bool:
        """Whether the teacher is heard in an epoch."""
        paused = bool(self.pause) and self.pause[0] <= epoch < self.pause[1]
        return epoch >= self.start_epoch and not paused

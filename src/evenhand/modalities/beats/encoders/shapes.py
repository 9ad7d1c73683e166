"""The shapes of a beat, which its encoders are built by, and an input of those shapes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig, SizedModel

Batch = dict[str, Tensor]
"""Beats as encoders take them: "signal" (b, c, t), "rhythm" (b, d), and for those that read a beat among its
neighbours "around" (b, 2m + 1, c, t) and "known" (b, 2m + 1) bool in the place of "signal"."""


@dataclass(frozen=True)
class Shapes:
    """How large a beat is: c leads × t samples, d rhythm features, m neighbours on either side."""

    leads: int
    samples: int
    features: int
    neighbours: int

    @classmethod
    def of(cls, model: ModelConfig) -> Shapes:
        """Return the shapes of the rows that a model is for.

        Raises
        ------
        ModelError
            If the rows of the model are not beats.
        """
        row = model.row if isinstance(model, SizedModel) else {}
        if not {"signal", "rhythm", "near"} <= row.keys():
            raise ModelError(
                f'Model {model.name}: encoder = "{model.encoder}" reads heartbeats (signal, rhythm and near), and '
                f'the rows hold {", ".join(row) or "nothing that is known"}. Set data.kind = "beats", or take '
                "another encoder."
            )
        (leads, samples), (features,), (around,) = row["signal"], row["rhythm"], row["near"]
        return cls(leads, samples, features, around // 2)

    def alone(self) -> Batch:
        """Return two beats of these shapes, without neighbours."""
        signal = torch.zeros(2, self.leads, self.samples)
        return {"signal": signal, "rhythm": torch.zeros(2, self.features)}

    def among(self) -> Batch:
        """Return two beats of these shapes, among their neighbours."""
        places = 2 * self.neighbours + 1
        around = torch.zeros(2, places, self.leads, self.samples)
        known = torch.ones(2, places, dtype=torch.bool)
        return {"around": around, "known": known, "rhythm": torch.zeros(2, self.features)}

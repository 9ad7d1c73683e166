"""The shapes of a beat's arrays, from which encoders are built, and example inputs of those shapes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig, SizedModel

Batch = dict[str, Tensor]
"""Inputs of an encoder: "signal" (b, c, t) and "rhythm" (b, d); for those that read neighbours, "around"
(b, 2m + 1, c, t) and "known" (b, 2m + 1) bool instead of "signal"."""


@dataclass(frozen=True)
class Shapes:
    """The shapes of a beat: c leads × t samples, d rhythm features, m neighbours on either side."""

    leads: int
    samples: int
    features: int
    neighbours: int

    @classmethod
    def of(cls, model: ModelConfig) -> Shapes:
        """Return the shapes of the rows that a model is built for.

        Raises
        ------
        ModelError
            If the rows of the model are not beats.
        """
        row = model.row if isinstance(model, SizedModel) else {}
        if not {"signal", "rhythm", "near"} <= row.keys():
            raise ModelError(
                f'Model {model.name}: encoder = "{model.encoder}" reads heartbeats (signal, rhythm and near), but '
                f'the rows hold {", ".join(row) or "unknown arrays"}. Set data.kind = "beats", or use another '
                "encoder."
            )
        (leads, samples), (features,), (around,) = row["signal"], row["rhythm"], row["near"]
        return cls(leads, samples, features, around // 2)

    def alone(self) -> Batch:
        """Return two beats of these shapes, without neighbours."""
        signal = torch.zeros(2, self.leads, self.samples)
        return {"signal": signal, "rhythm": torch.zeros(2, self.features)}

    def among(self) -> Batch:
        """Return two beats of these shapes, with neighbours."""
        places = 2 * self.neighbours + 1
        around = torch.zeros(2, places, self.leads, self.samples)
        known = torch.ones(2, places, dtype=torch.bool)
        return {"around": around, "known": known, "rhythm": torch.zeros(2, self.features)}

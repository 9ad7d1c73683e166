"""Attention between models: the weight of each depends on what all of them predict for the row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from evenhand.base.errors import MissingExtraError
from evenhand.base.seeds import seed_from
from evenhand.base.settings.section import option
from evenhand.base.values import Floats
from evenhand.blending.core.method import Learned, Method
from evenhand.blending.inputs.stack import Stack
from evenhand.blending.methods import METHODS

if TYPE_CHECKING:
    from evenhand.models.attention import AttentionStacker


@dataclass(frozen=True, eq=False)
class Attended:
    """Weights of the models for each row, from a small network."""

    network: AttentionStacker
    mean_weights: Floats

    def apply(self, stack: Stack) -> Floats:
        table = stack.array()
        mixed = np.einsum("nm,nmk->nk", self.network.weights(table), table)
        return np.asarray(mixed / mixed.sum(axis=1, keepdims=True))

    def document(self) -> dict[str, Any]:
        """Return the mean weight of each model over the training rows."""
        return {"weights": (self.mean_weights / self.mean_weights.sum()).tolist()}


@METHODS.register("attention")
class Attention(Method):
    """Self-attention over one token per model, made of the model and its probabilities; extra [torch].

    Its output is a weight per model and row (Vaswani et al. 2017 for the attention, Jacobs et al. 1991 for the
    gate), so a prediction always lies between those of the models; before training it is their mean.
    """

    width: int = option(16, ge=4, description="Numbers per token.")
    heads: int = option(2, ge=1, description="Heads of the attention; they must divide the width.")
    epochs: int = option(20, ge=1, unit="epochs", description="Passes over the rows.")
    learning_rate: float = option(3e-3, gt=0, description="Peak of the schedule.")
    weight_decay: float = option(1.0, ge=0, description="How strongly parameters are pulled towards 0.")

    def learn(self, stack: Stack, seed: int) -> Learned:
        try:
            from evenhand.models.attention import fit_attention
        except ImportError:
            raise MissingExtraError("torch", "torch", 'The stacker "attention"') from None
        table = stack.array()
        network = fit_attention(
            table,
            stack.labels,
            width=self.width,
            heads=self.heads,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            seed=seed_from(seed, "attention"),
        )
        return Attended(network, network.weights(table).mean(axis=0))

"""Any torch module as a network of the loop: nothing is frozen, everything has one learning rate."""

from __future__ import annotations

from typing import Any

from torch import nn

from evenhand.base.errors import ModelError


class PlainModule(nn.Module):
    """A module all of whose parameters are trained.

    Parameters
    ----------
    module
        Inputs -> (b, k) logits.
    """

    tune = "all"

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.tuned = module

    def retune(self, tune: str) -> None:
        """Refuse to freeze: the blocks of a plain module are not known."""
        raise ModelError(f'This network can only be tuned as a whole (found tune = "{tune}", allowed is "all").')

    def parameter_groups(self, learning_rate: float, layer_decay: float) -> list[dict[str, Any]]:
        """Return the parameter groups; vectors (biases, normalisations) have no weight decay."""
        trained = [p for p in self.tuned.parameters() if p.requires_grad]
        matrices, vectors = [p for p in trained if p.ndim > 1], [p for p in trained if p.ndim <= 1]
        groups: list[dict[str, Any]] = [{"params": matrices, "lr": learning_rate, "name": "matrices"}]
        if vectors:
            groups.append({"params": vectors, "lr": learning_rate, "name": "vectors", "weight_decay": 0.0})
        return [group for group in groups if group["params"]]

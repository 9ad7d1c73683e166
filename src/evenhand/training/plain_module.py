"""Any torch module as a network of the loop: nothing is frozen, all is trained at one rate."""

from __future__ import annotations

from typing import Any

from torch import nn

from evenhand.base.errors import ModelError


class Whole(nn.Module):
    """A module that is trained whole.

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
        """Refuse to freeze: a plain module has no parts that we know."""
        raise ModelError(f'This network can only be tuned whole (found tune = "{tune}", allowed is "all").')

    def parameter_groups(self, learning_rate: float, layer_decay: float) -> list[dict[str, Any]]:
        """Return the parameters; vectors (biases, normalisations) are not decayed."""
        trained = [p for p in self.tuned.parameters() if p.requires_grad]
        matrices, vectors = [p for p in trained if p.ndim > 1], [p for p in trained if p.ndim <= 1]
        groups: list[dict[str, Any]] = [{"params": matrices, "lr": learning_rate, "name": "matrices"}]
        if vectors:
            groups.append({"params": vectors, "lr": learning_rate, "name": "vectors", "weight_decay": 0.0})
        return [group for group in groups if group["params"]]

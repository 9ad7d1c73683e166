"""Logistic regression, fitted by a solver."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from evenhand.models.heads.registry import HEADS, Head

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.config import ModelConfig


@HEADS.register("logistic_regression")
class LogisticRegressionHead(Head):
    """One linear layer with the weights of a solver, which chooses the regularisation on folds of its own."""

    solved: ClassVar[bool] = True

    def build(self, d: int, k: int, model: ModelConfig, generator: torch.Generator) -> nn.Module:
        """Return a layer of zeros."""
        from evenhand.models.heads.modules.logistic_regression import SolvedLinear

        return SolvedLinear(d, k)

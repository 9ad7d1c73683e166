"""The registry of heads. No torch: names and options are checked when the configuration is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from evenhand.base.registry import Registry
from evenhand.base.settings.section import Section

if TYPE_CHECKING:
    import torch
    from torch import nn

    from evenhand.models.config import ModelConfig


class Head(Section):
    """A head: its options are the fields of the section, `head_options` in the configuration.

    The module that it builds maps (b, d) float32 features to (b, k) float32 logits. It may have further methods, on
    features as the module gets them, after `normalise`:

    - `embedding(x)` -> (b, e) float32, the vectors that rows are compared by in retrieval;
    - `codes(x)` -> (b, bits) float32 in -1..1 whose signs are the bits, or (b, m) uint8 numbers of centroids;
    - `quantizer()` -> the `ProductQuantizer` whose centroids these are; without it, codes are bits;
    - `terms(targets)` -> name: scalar, further terms of the loss of the last forward pass in training, each times
      its weight, an option of the same name; targets are (b,) classes, or (b, k) shares, NaN where unknown;
    - `start(logits)`, called once before the first step with (k,) logits whose sigmoids, softmax, or softmax within
      blocks are the base rates of the training rows;
    - `finish(x)`, called once with all training rows after the last epoch, in evaluation mode.
    """

    solved: ClassVar[bool] = False
    """Whether it is fitted in one step on frozen features (`training.tasks`), instead of in epochs."""
    two_halves: ClassVar[bool] = False
    """Whether it needs features of two parts or more, such as those of an image and a text."""

    coding: ClassVar[bool] = False
    """Whether its module codes rows (`codes`)."""

    @property
    def joins_halves(self) -> bool:
        """Whether these options need features of two parts or more."""
        return self.two_halves

    def build(self, d: int, k: int, model: ModelConfig, generator: torch.Generator) -> nn.Module:
        """Return the module for d features and k classes, initialised from `generator` alone.

        Parameters
        ----------
        model
            For what heads share (`head_width`, `dropout`), and `parts` of the features.
        """
        raise NotImplementedError


HEADS: Registry[type[Head]] = Registry("head", group="evenhand.heads", package="evenhand.models.heads")
"""Heads by name."""

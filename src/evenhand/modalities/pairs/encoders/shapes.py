"""The arrays of a batch of pairs, from which encoders are built, and example inputs of their shapes."""

from __future__ import annotations

import torch
from torch import Tensor

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig, SizedModel

Batch = dict[str, Tensor]
"""A batch of b pairs:

- "image" (b, s, s, 3) uint8, RGB; one colour where there is no picture;
- "text" (b, l) uint8, UTF-8, 0 behind the end; l is that of the longest text of the batch, at least 1;
- "length" (b,) int64, bytes of the text;
- "present" (b, 2) bool, whether there is a picture, and a text.

The output for a pair must not depend on the texts beside it in the batch. A missing half has features 0.
"""


def picture_side(model: ModelConfig) -> int:
    """Return the side of the pictures of the rows that a model is built for, px.

    Raises
    ------
    ModelError
        If the rows of the model are not pairs.
    """
    row = model.row if isinstance(model, SizedModel) else {}
    if not {"image", "text", "present"} <= row.keys():
        raise ModelError(
            f'Model {model.name}: encoder = "{model.encoder}" reads pairs (image, text and present), but the rows '
            f'hold {", ".join(row) or "unknown arrays"}. Set data.kind = "pairs", or use another encoder.'
        )
    return row["image"][0]


def example(side: int, *, length: int = 8) -> Batch:
    """Return two pairs, the second without a picture."""
    return {
        "image": torch.full((2, side, side, 3), 128, dtype=torch.uint8),
        "text": torch.full((2, length), ord("a"), dtype=torch.uint8),
        "length": torch.full((2,), length),
        "present": torch.tensor([[True, True], [False, True]]),
    }

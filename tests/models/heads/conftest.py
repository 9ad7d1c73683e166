"""Heads on features of two halves."""

from collections.abc import Callable
from typing import Any

import pytest

from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.heads.modules.scaled_head import ScaledHead, build_head


@pytest.fixture
def head_of(model: Callable[..., ModelConfig]) -> Callable[..., ScaledHead]:
    """Return a head of 8 hidden units for features of an image (3) and a text (2), or of other parts."""

    def make(
        head: str, k: int = 4, seed: int = 0, parts: dict[str, int] | None = None, **changes: Any
    ) -> ScaledHead:
        parts = {"image": 3, "text": 2} if parts is None else parts
        sized = {**model(head=head, head_width=8, **changes).model_dump(), "parts": parts}
        return build_head(SizedModel.model_validate(sized), sum(parts.values()), k, seed)

    return make

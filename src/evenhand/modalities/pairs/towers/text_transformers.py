"""Transformers of texts: tokens, the network, and what of its output the features are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from evenhand.modalities.pairs.towers.half import texts_of
from evenhand.modalities.pairs.towers.tokens import Tokens


def mean_of_tokens(output: Any, mask: Tensor) -> Tensor:
    """Return the mean over the tokens of each text (Reimers & Gurevych 2019)."""
    weights = mask.unsqueeze(2).to(output.last_hidden_state.dtype)
    total: Tensor = (output.last_hidden_state * weights).sum(1)
    return total / weights.sum(1).clamp_min(1)


def pooled(output: Any, mask: Tensor) -> Tensor:
    """Return the pooled output, as SigLIP's `get_text_features`."""
    return output.pooler_output  # type: ignore[no-any-return]


def projected(output: Any, mask: Tensor) -> Tensor:
    """Return the projected output, as CLIP's `get_text_features`."""
    return output.text_embeds  # type: ignore[no-any-return]


class TextTransformer(nn.Module):
    """A batch of pairs -> (b, d) features.

    Parameters
    ----------
    body
        A network of transformers.
    masked
        Whether it receives an attention mask; SigLIP was trained without one.
    read
        Its output and the mask -> the features.
    """

    def __init__(
        self, tokens: Tokens, body: nn.Module, *, masked: bool, read: Callable[[Any, Tensor], Tensor]
    ) -> None:
        super().__init__()
        self.tokens, self.body = tokens, body
        self.masked, self.read = masked, read

    def forward(self, batch: Mapping[str, Tensor]) -> Tensor:
        ids, mask = self.tokens(texts_of(batch))
        output = self.body(input_ids=ids, attention_mask=mask) if self.masked else self.body(input_ids=ids)
        return self.read(output, mask)

"""Texts as numbers of tokens, by a tokenizer that is kept with the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError


@dataclass(frozen=True)
class Padding:
    """How texts are cut and padded.

    Attributes
    ----------
    length
        Longest text, tokens.
    always
        Whether every text is padded to this length, as models want it that were trained without an attention mask;
        else to the longest of the batch.
    side
        Where it is padded.
    pad, token
        Number and name of the padding.
    """

    length: int
    always: bool
    side: Literal["left", "right"]
    pad: int
    token: str

    def plain(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class Tokens(nn.Module):
    """Texts -> (b, l) int64 tokens, (b, l) int64 mask that is 0 at the padding.

    Parameters
    ----------
    file
        The bytes of a `tokenizer.json` (Hugging Face tokenizers); or their number, to be filled from kept weights.
    """

    def __init__(self, file: bytes | int, padding: Padding) -> None:
        super().__init__()
        held = torch.zeros(file, dtype=torch.uint8) if isinstance(file, int) else _tensor(file)
        self.file: Tensor
        self.register_buffer("file", held)
        self.padding = padding
        self._tokenizer: Any = None

    def forward(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        if not bool(self.file[:1].any()):  # not filled yet: the network is being built again
            empty = torch.full((len(texts), self.padding.length), self.padding.pad, device=self.file.device)
            return empty, torch.ones_like(empty)
        if self._tokenizer is None:
            self._tokenizer = _tokenizer(bytes(self.file.cpu().numpy()), self.padding)
        found = self._tokenizer.encode_batch(list(texts))
        both = ([one.ids for one in found], [one.attention_mask for one in found])
        ids, mask = (torch.tensor(rows, dtype=torch.int64, device=self.file.device) for rows in both)
        return ids, mask


def _tensor(file: bytes) -> Tensor:
    return torch.frombuffer(bytearray(file), dtype=torch.uint8)


def _tokenizer(file: bytes, padding: Padding) -> Any:
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise ModelError(
            'Texts are read by the package tokenizers. Install it with: pip install "evenhand[pairs]"'
        ) from None
    try:
        made = Tokenizer.from_str(file.decode("utf-8"))
    except Exception as error:  # the library raises bare exceptions
        raise ModelError(f"The tokenizer of the texts cannot be read ({str(error)[:160]}).") from None
    made.enable_truncation(padding.length)
    length = padding.length if padding.always else None
    made.enable_padding(direction=padding.side, pad_id=padding.pad, pad_token=padding.token, length=length)
    return made


def tokens_of(file: bytes | None, about: Mapping[str, Any]) -> Tokens:
    """Return the tokens by a file, or those to be filled, as `about` says."""
    return Tokens(int(about["tokenizer_bytes"]) if file is None else file, Padding(**about["padding"]))

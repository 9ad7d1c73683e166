"""`pair_small`: a few convolutions and a bag of hashed runs of bytes, for trials, tests and tiny pictures."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.modalities.pairs.encoders.shapes import Batch, example, picture_side
from evenhand.modalities.pairs.options import PairSmallOptions
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.blocks import WHOLE, Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS

GRAMS = (1, 2, 3, 4)
"""Lengths of the runs, in bytes; a character of most scripts beyond Latin has two or three."""
_FACTOR, _SPREAD = 257, 2_654_435_761  # base of the polynomial, Knuth's multiplicative hash (TAOCP 3, 6.4)


class SmallPicture(nn.Module):
    """(b, s, s, 3) uint8 -> (b, width): three convolutions, each of which halves the picture, and their average."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for a, b in ((3, width), (width, width), (width, width)):
            layers += [nn.Conv2d(a, b, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        self.layers = nn.Sequential(*layers)

    def forward(self, image: Tensor) -> Tensor:
        x = image.permute(0, 3, 1, 2).float() / 127.5 - 1
        return self.layers(x).mean(dim=(2, 3))  # type: ignore[no-any-return]


class HashedText(nn.Module):
    """(b, l) uint8 with (b,) lengths -> (b, width): the mean of the vectors of all runs of 1 to 4 bytes.

    Runs share vectors by their hash (the subwords of Bojanowski et al. 2017, over bytes), so that there is no
    vocabulary to be learned and no character that is unknown.
    """

    def __init__(self, buckets: int, width: int) -> None:
        super().__init__()
        self.buckets = buckets
        self.vectors = nn.Parameter(torch.randn(len(GRAMS) * buckets, width) * width**-0.5)

    def forward(self, text: Tensor, length: Tensor) -> Tensor:
        if text.device.type != "cpu":  # which would wait for the number of runs
            return self._padded(text, length)
        row, ids = self.runs(text, length)
        order = row.argsort(stable=True)
        counts = torch.bincount(row, minlength=len(text))
        return functional.embedding_bag(
            ids[order], self.vectors, counts.cumsum(0) - counts, mode="mean"
        )  # 0 for a text without a run

    def _padded(self, text: Tensor, length: Tensor) -> Tensor:
        """Return what `forward` gives; runs that reach beyond the end of a text count 0 times."""
        whole, ids = (torch.cat(parts, dim=1) for parts in zip(*self._runs(text, length), strict=True))
        weights = whole / whole.sum(dim=1, keepdim=True).clamp(min=1)
        return functional.embedding_bag(ids, self.vectors, per_sample_weights=weights.to(self.vectors), mode="sum")

    def runs(self, text: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Return (r,) the text of each run, and (r,) its vector."""
        found = list(self._runs(text, length))
        rows, ids = [whole.nonzero()[:, 0] for whole, _ in found], [ids[whole] for whole, ids in found]
        return torch.cat(rows), torch.cat(ids)

    def _runs(self, text: Tensor, length: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield for each length of runs (b, r) whether they lie within the text, and their vectors."""
        places = torch.arange(text.shape[1], device=text.device)
        for block, n in enumerate(GRAMS):
            number = torch.zeros(len(text), max(0, text.shape[1] - n + 1), dtype=torch.int64, device=text.device)
            for at in range(n):
                number = number * _FACTOR + text[:, at : at + number.shape[1]].long() + 1
            whole = places[: number.shape[1]] + n <= length.unsqueeze(1)
            hashed = ((number * _SPREAD) % 2**32 * self.buckets) >> 32
            yield whole, hashed + block * self.buckets


class PairSmall(nn.Module):
    """A batch of pairs -> (b, 2 width) features, those of the picture first; 0 for a half that is missing."""

    def __init__(self, options: PairSmallOptions) -> None:
        super().__init__()
        self.image = SmallPicture(options.width)
        self.text = HashedText(options.buckets, options.width)

    def forward(self, batch: Batch) -> Tensor:
        halves = (self.image(batch["image"]), self.text(batch["text"], batch["length"]))
        present = batch["present"].unsqueeze(2)
        return torch.cat([half * present[:, at] for at, half in enumerate(halves)], dim=1)


@ENCODERS.register("pair_small")
def pair_small(model: ModelConfig) -> Encoder:
    """Return a small network for both halves, with random weights (0.5 million at its defaults)."""
    options = PairSmallOptions.model_validate(model.options)
    network = PairSmall(options)
    parts = {"image": options.width, "text": options.width}
    return Encoder(network, (Block(WHOLE, network),), nn.Identity(), example(picture_side(model)), parts=parts)

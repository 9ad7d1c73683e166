"""Blocks in order, and pooled maps of some of them, concatenated into one feature vector per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError, unknown
from evenhand.models.pooling import POOLS, Pool

OWN = "own"
DEEPER = "stages"


@dataclass(frozen=True)
class Tap:
    """A pooled map: the position of its block in the encoder, and its pooling ("own" or a name of `POOLS`)."""

    stage: int
    pool: str


class FeatureExtractor(nn.Module):
    """Blocks and pooled maps: the batch (a tensor, or a dict), or activations -> the last map, or (b, d) features.

    Parameters
    ----------
    stages
        Blocks in order.
    reads
        (position among these blocks, pooling) in the order in which features are concatenated; without any, the
        last map itself is returned.
    """

    def __init__(self, stages: Sequence[nn.Module], reads: Sequence[tuple[int, nn.Module]] = ()) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.pools = nn.ModuleList(pool for _, pool in reads)
        self.places = tuple(place for place, _ in reads)
        self.dtype: torch.dtype | None = None

    def forward(self, x: Any) -> Tensor:
        pooled: dict[int, Tensor] = {}
        for position, stage in enumerate(self.stages):
            # Before every stage: the first tensor may come from a stage that makes it of several parts.
            if self.dtype is not None and isinstance(x, Tensor):
                x = x.to(self.dtype)
            x = stage(x)
            # one map may be pooled several times, and features are concatenated in the order asked for
            for order, place in enumerate(self.places):
                if place == position:
                    pooled[order] = self.pools[order](x)
        if not pooled:
            return x  # type: ignore[no-any-return]
        return pooled[0] if len(pooled) == 1 else torch.cat([pooled[i] for i in range(len(pooled))], dim=1)


def taps_of(pool: str | list[str], names: Sequence[str]) -> tuple[Tap, ...]:
    """Return the pooled maps of `model.pool` for an encoder whose blocks have these names.

    Raises
    ------
    ModelError
        If a word is neither a pooling nor a block.
    """
    words = [pool] if isinstance(pool, str) else pool
    return tuple(tap for word in words for tap in _taps(word, list(names)))


def _taps(word: str, names: list[str], *, shallow: float = 1 / 3) -> list[Tap]:
    """Return the taps of one word; "stages" leaves out the first third: too local."""
    last = len(names) - 1
    if word == OWN or word in POOLS:
        return [Tap(last, word)]
    if word == DEEPER:
        return [Tap(last, OWN), *(Tap(place, "avg") for place in range(int(len(names) * shallow), last))]
    name, _, how = word.rpartition(":")
    if how not in POOLS:
        name, how = word, "avg"
    if name not in names:
        raise ModelError(f"pool: {unknown('block', name, [*names, OWN, DEEPER, *POOLS])}")
    return [Tap(names.index(name), how)]


def pool_of(how: str, own: nn.Module) -> nn.Module:
    """Return the module that pools a map: the encoder's own, or one by name."""
    return own if how == OWN else Pool(how)

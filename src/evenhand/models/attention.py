"""Attention stacker: weights of models per row, by self-attention over one token per model."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError
from evenhand.base.values import Floats

LEAST = 1e-6
"""Lower bound of probabilities in logarithms."""


class AttentionStacker(nn.Module):
    """Tokens [model, probabilities] -> a weight per model.

    A token is a learned vector of the model plus a linear map of its log-probabilities. One layer of
    self-attention mixes tokens; a linear map of each gives its share, by a softmax over models. The last map starts
    at zero, so that the shares start equal.

    Parameters
    ----------
    m, k
        Models and classes.
    width, heads
        Width of a token, and number of attention heads, which must divide it.
    generator
        Generator of the initial values.
    """

    def __init__(self, m: int, k: int, width: int, heads: int, generator: torch.Generator) -> None:
        super().__init__()
        self.heads = heads
        self.model = _normal((m, width), 0.02, generator)
        self.enter = _normal((k, width), 1 / math.sqrt(k), generator)
        self.look = _normal((width, 3 * width), 1 / math.sqrt(width), generator)
        self.join = _normal((width, width), 1 / math.sqrt(width), generator)
        self.share = nn.Parameter(torch.zeros(width, 1))
        self.norm = nn.LayerNorm(width)

    def forward(self, table: Tensor) -> Tensor:
        """Return (b, m) shares, which sum to 1, for (b, m, k) probabilities."""
        logs = table.clamp_min(LEAST).log()
        # centred: a token holds ratios of probabilities, as a centred log-ratio
        tokens = (logs - logs.mean(dim=2, keepdim=True)) @ self.enter + self.model
        b, m, width = tokens.shape
        parts = (
            (self.norm(tokens) @ self.look).view(b, m, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        )
        seen = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2])
        tokens = tokens + seen.transpose(1, 2).reshape(b, m, width) @ self.join
        shares: Tensor = (torch.tanh(tokens) @ self.share).squeeze(2).softmax(dim=1)
        return shares

    @torch.no_grad()
    def weights(self, table: Floats) -> Floats:
        """Return (n, m) float64 shares for (n, m, k) probabilities."""
        rows = torch.from_numpy(table).float()
        out = [self(rows[start : start + 4096]).double().numpy() for start in range(0, len(rows), 4096)]
        return np.concatenate(out) if out else np.zeros(table.shape[:2])


def fit_attention(
    table: Floats,
    truth: npt.NDArray[np.integer],
    *,
    width: int,
    heads: int,
    epochs: int,
    learning_rate: float,
    weight_decay: float,
    seed: int,
    batch_size: int = 256,
) -> AttentionStacker:
    """Return a network fitted to (n, m, k) probabilities and (n,) classes by the log-loss of the weighted mean.

    AdamW (Loshchilov & Hutter 2019) with a cosine schedule; equal arguments give equal weights.

    Raises
    ------
    ModelError
        If the heads do not divide the width.
    """
    if width % heads:
        raise ModelError(f"attention: {heads} heads do not divide a width of {width}. Use 1, 2 or 4 heads.")
    generator = torch.Generator().manual_seed(seed)
    x, y = torch.from_numpy(table).float(), torch.from_numpy(np.asarray(truth, dtype=np.int64))
    network = AttentionStacker(table.shape[1], table.shape[2], width, heads, generator)
    optimizer = torch.optim.AdamW(network.parameters(), lr=learning_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        order = torch.randperm(len(x), generator=generator)
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            mixed = torch.einsum("bm,bmk->bk", network(x[rows]), x[rows])
            at_truth = mixed.gather(1, y[rows, None]).clamp_min(LEAST)
            loss = -at_truth.log().mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        schedule.step()
    return network.eval()


def _normal(shape: tuple[int, int], std: float, generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape).normal_(0.0, std, generator=generator))

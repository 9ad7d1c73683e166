"""Hashing by tanh, and the losses that shape its codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.models.heads.modules.dropout import Dropout
from evenhand.models.heads.modules.layers import linear_layer


class HashModule(nn.Module):
    """Dropout, hidden layer, GELU, dropout, tanh codes, linear layer: (b, d) -> (b, k).

    Parameters
    ----------
    weights
        Name of a term of `TERMS` -> its weight; a term of weight 0 is not computed.
    binary
        Whether logits are those of the bits in evaluation.
    fusion
        What joins the parts of the features first, to (b, d); None leaves them as they are.
    """

    def __init__(
        self,
        d: int,
        width: int,
        bits: int,
        k: int,
        dropout: float,
        weights: Mapping[str, float],
        generator: torch.Generator,
        *,
        binary: bool = False,
        fusion: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.fusion = fusion
        self.project = nn.Sequential(
            Dropout(dropout),
            linear_layer(d, width, (2.0 / d) ** 0.5, generator),
            nn.GELU(),
            Dropout(dropout),
            linear_layer(width, bits, width**-0.5, generator),
        )
        self.classify = linear_layer(bits, k, 0.01, generator)
        self.weights = {name: weight for name, weight in weights.items() if weight}
        self.binary = binary
        self._last: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        codes = self.codes(x)
        if self.training:
            self._last = codes
        elif self.binary:
            codes = torch.where(codes > 0, 1.0, -1.0).to(codes.dtype)
        return self.classify(codes)  # type: ignore[no-any-return]

    def codes(self, x: Tensor) -> Tensor:
        """Return (b, bits) codes in -1..1, whose signs are the bits."""
        return torch.tanh(self.project(x if self.fusion is None else self.fusion(x)))

    embedding = codes

    def start(self, logits: Tensor) -> None:
        """Begin at the base rates.

        Where most labels hold in few rows, the first steps lower all outputs. From biases of 0 that is done by all
        codes at once, as far as tanh goes: the bits are the same for every row, and saturated units have next to no
        gradient to leave from (Lin et al. 2017, section 4.1, begin at a rate for a like reason).
        """
        self.classify.bias.copy_(logits)

    def terms(self, targets: Tensor) -> dict[str, Tensor]:
        """Return the weighted terms of the last batch in training; targets as in `registry.Head`."""
        if self._last is None:
            return {}
        codes, self._last = self._last.float(), None
        if len(targets) < len(codes):  # of sequences, the codes after each of their steps
            targets = targets.repeat_interleave(len(codes) // len(targets), dim=0)
        return {name: weight * TERMS[name](codes, targets) for name, weight in self.weights.items()}


def quantisation(codes: Tensor, _targets: Tensor) -> Tensor:
    """Return the mean of | |h| - 1 | (the regulariser of Liu et al. 2016, "Deep supervised hashing")."""
    return (codes.abs() - 1).abs().mean()


def balance(codes: Tensor, _targets: Tensor) -> Tensor:
    """Return the mean over bits of the square of their mean over rows (Weiss et al. 2008, sum y = 0, relaxed)."""
    return codes.mean(dim=0).square().mean()


def decorrelation(codes: Tensor, _targets: Tensor) -> Tensor:
    """Return the mean square of H'H / b off its diagonal (Weiss et al. 2008, sum y y' / n = I, relaxed)."""
    bits = codes.shape[1]
    if bits == 1:
        return codes.sum() * 0.0
    products = codes.T @ codes / len(codes)
    return (products.square().sum() - products.diagonal().square().sum()) / (bits * (bits - 1))


def cosine(codes: Tensor, targets: Tensor) -> Tensor:
    """Return the mean over pairs of (cos(h_i, h_j) - s_ij)², s_ij the similarity of their labels.

    The soft pairwise similarity of Zhang et al. 2019 ("Improved deep hashing with soft pairwise similarity for
    multi-label image retrieval"), as a regression of the cosine itself. Pairs of unknown similarity are left out.
    """
    unit = functional.normalize(codes, dim=1)
    similarity, known = label_similarity(targets.to(codes.device))
    known.fill_diagonal_(False)
    errors = (unit @ unit.T - similarity).square()
    return torch.where(known, errors, 0.0).sum() / known.sum().clamp_min(1)


def label_similarity(targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return (b, b) similarities of labels, and whether they are known.

    Of (b,) classes 1 where they are equal, else 0; of (b, k) shares the cosine of two rows over the cells that are
    known of both, which is not defined where either holds nothing there.
    """
    if targets.ndim == 1:
        same = targets[:, None] == targets[None, :]
        return same.float(), torch.ones_like(same)
    known = (~torch.isnan(targets)).to(targets.dtype)
    held = torch.nan_to_num(targets)
    squares = held.square() @ known.T  # of row i over what is known of row j
    norms = (squares * squares.T).sqrt()
    return held @ held.T / norms.clamp_min(1e-12), norms > 0


TERMS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "quantisation": quantisation,
    "balance": balance,
    "decorrelation": decorrelation,
    "cosine": cosine,
}
"""Terms by name: codes (b, bits) and targets -> scalar."""

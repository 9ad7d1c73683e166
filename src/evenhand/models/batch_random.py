"""Random numbers for whole batches: from one generator, or from one generator per row.

With a generator per row, the numbers of a row do not depend on the other rows, nor on the size of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Draws = torch.Generator | Sequence[torch.Generator]
"""One generator for the batch, or as many as it has rows."""


def uniform(draws: Draws, rows: int, low: float = 0.0, high: float = 1.0, columns: int = 1) -> Tensor:
    """Return (rows, columns) float32 numbers on the CPU, uniform on [low, high).

    Raises
    ------
    ValueError
        If the number of generators is not that of the rows.
    """
    return _sampled(torch.rand, draws, rows, columns) * (high - low) + low


def normal(draws: Draws, rows: int, columns: int = 1) -> Tensor:
    """Return (rows, columns) float32 numbers on the CPU, standard normal.

    Raises
    ------
    ValueError
        If the number of generators is not that of the rows.
    """
    return _sampled(torch.randn, draws, rows, columns)


def _sampled(draw: Callable[..., Tensor], draws: Draws, rows: int, columns: int) -> Tensor:
    if isinstance(draws, torch.Generator):
        return draw(rows, columns, generator=draws, device=draws.device).cpu()
    if len(draws) == rows:
        return torch.stack([draw(columns, generator=own, device=own.device).cpu() for own in draws])
    raise ValueError(f"{len(draws)} generators for {rows} rows; give one generator, or one per row.")

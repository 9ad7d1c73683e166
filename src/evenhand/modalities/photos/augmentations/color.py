"""Augmentations of brightness and colour: one number or one 3 x 3 matrix per row."""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

from evenhand.models.batch_random import Draws, uniform

TO_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])
"""RGB -> brightness and two axes of colour (NTSC 1953); hue is the angle between the two."""

FROM_YIQ = torch.linalg.inv(TO_YIQ)


def brightness_contrast(batch: Tensor, draws: Draws, strength: float = 1.0) -> Tensor:
    """Return the (b, c, h, w) batch in 0..1, each row brighter or darker and with more or less contrast.

    A row's deviations from its mean are multiplied by a factor in 1 ± 0.3; then a value in ± 0.2 is added to all
    pixels.
    """
    if strength == 0:
        return batch
    return relit(batch, brightness_numbers(draws, len(batch), strength).to(batch.device))


def brightness_numbers(
    draws: Draws, rows: int, strength: float, *, brightness: float = 0.2, contrast: float = 0.3
) -> Tensor:
    """Return (rows, 2) float32: the factor of the contrast, and what is added."""
    u = uniform(draws, rows, -1.0, 1.0, columns=2) * strength
    return torch.stack([1 + contrast * u[:, 0], brightness * u[:, 1]], dim=1)


def relit(batch: Tensor, numbers: Tensor) -> Tensor:
    """Return the (b, c, h, w) batch with the `brightness_numbers` of each row applied."""
    factor, added = (numbers[:, at].view(-1, 1, 1, 1) for at in (0, 1))
    mean = batch.mean((1, 2, 3), keepdim=True, dtype=torch.float32)
    # (x - mean) factor + mean + brightness, as one product and one sum per pixel
    offset = mean * (1 - factor) + added
    return torch.addcmul(offset.to(batch.dtype), batch, factor.to(batch.dtype)).clamp_(0.0, 1.0)


def hue_saturation(batch: Tensor, draws: Draws, strength: float = 1.0) -> Tensor:
    """Return the (b, 3, h, w) RGB batch with hue rotated and saturation changed per row.

    Colour is rotated by up to 25 degrees and multiplied by 1 ± 0.4 in the IQ plane; luma stays.
    """
    if strength == 0:
        return batch
    return recoloured(batch, colour_matrices(draws, len(batch), strength).to(batch.device))


def colour_matrices(
    draws: Draws, rows: int, strength: float, *, most_degrees: float = 25.0, saturation: float = 0.4
) -> Tensor:
    """Return (rows, 3, 3) float32 matrices RGB -> RGB that rotate and scale colour."""
    u = uniform(draws, rows, -1.0, 1.0, columns=2) * strength
    angle, scale = u[:, 0] * most_degrees * pi / 180, 1 + saturation * u[:, 1]
    cos, sin = angle.cos() * scale, angle.sin() * scale
    turn = torch.zeros(rows, 3, 3)
    turn[:, 0, 0] = 1.0
    turn[:, 1, 1], turn[:, 1, 2] = cos, -sin
    turn[:, 2, 1], turn[:, 2, 2] = sin, cos
    return torch.matmul(FROM_YIQ @ turn, TO_YIQ)


def recoloured(batch: Tensor, matrices: Tensor) -> Tensor:
    """Return the (b, 3, h, w) batch with the colours of each row multiplied by its (3, 3) matrix."""
    pixels = batch.reshape(len(batch), 3, -1)
    return torch.bmm(matrices.to(batch.dtype), pixels).clamp_(0.0, 1.0).view(batch.shape)

"""JPEG-like degradation: quantised DCT of 8 x 8 blocks, computed in torch without writing bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor
from torch.nn import functional

from evenhand.modalities.photos.augmentations.degradation import Damage

BRIGHTNESS_STEPS = torch.tensor(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    dtype=torch.float32,
)
"""Luma quantisation steps at quality 50 (ITU-T T.81, table K.1)."""

COLOUR_STEPS = torch.full((8, 8), 99.0)
COLOUR_STEPS[:4, :4] = torch.tensor([[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]])
"""Chroma quantisation steps (table K.2)."""

TO_YCC = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
"""RGB -> Y, Cb, Cr (ITU-T T.871)."""

FROM_YCC = torch.linalg.inv(TO_YCC)


def _cosines() -> Tensor:
    """Return the (8, 8) orthonormal matrix of the DCT (T.81, A.3.3)."""
    k, x = torch.arange(8.0)[:, None], torch.arange(8.0)[None, :]
    matrix = 0.5 * torch.cos((2 * x + 1) * k * pi / 16)
    matrix[0] /= 2**0.5
    return matrix


COSINES = _cosines()


def _jpeg(picture: Tensor, u: Sequence[float], strength: float) -> Tensor:
    return degraded(picture.float(), drawn_quality(u, strength))


def drawn_quality(u: Sequence[float], strength: float, *, worst_quality: float = 15.0) -> float:
    """Return a quality in 1..95 by a number in 0..1."""
    return max(1.0, 95.0 - u[0] * strength * (95.0 - worst_quality))


jpeg = Damage("jpeg", 0.25, 1, _jpeg)
"""Artefacts of a JPEG of quality 95 down to 15 with chroma subsampling; a quarter of the rows."""


@dataclass(frozen=True, eq=False)
class Constants:
    """The matrices of the format on a device."""

    to_ycc: Tensor
    from_ycc: Tensor
    cosines: Tensor

    @classmethod
    def on(cls, device: torch.device) -> Constants:
        """Return them on a device."""
        return cls(*(matrix.to(device) for matrix in (TO_YCC * 255, FROM_YCC / 255, COSINES)))


def degraded(picture: Tensor, quality: float) -> Tensor:
    """Return a (3, h, w) float32 RGB picture in 0..1 quantised at a quality in 1..100 (libjpeg's scale)."""
    bright, colour = (steps.to(picture.device) for steps in quantisation([quality]))
    return quantised_pictures(picture[None], bright, colour, Constants.on(picture.device))[0]


def quantisation(qualities: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Return the (b, 8, 8) float32 steps of brightness and of colour at b qualities in 1..100, whole numbers."""
    scales = torch.tensor([50 / one if one < 50 else 2 - one / 50 for one in qualities]).view(-1, 1, 1)
    bright, colour = ((steps * scales).round().clamp(1, 255) for steps in (BRIGHTNESS_STEPS, COLOUR_STEPS))
    return bright, colour


def quantised_pictures(pictures: Tensor, bright: Tensor, colour: Tensor, constants: Constants) -> Tensor:
    """Return (b, 3, h, w) float32 RGB pictures in 0..1 quantised by the (b, 8, 8) steps of each."""
    height, width = pictures.shape[2:]
    # To whole blocks of 16: chroma is subsampled by 2 and transformed in blocks of 8.
    padded = functional.pad(pictures, (0, -width % 16, 0, -height % 16), mode="replicate")
    planes = _mixed(constants.to_ycc, padded)
    # levels around 0, as in T.81, A.3.1; Cb and Cr are so already
    luma = _quantised(planes[:, :1] - 128, bright, constants.cosines) + 128
    chroma = _quantised(functional.avg_pool2d(planes[:, 1:], 2), colour, constants.cosines)
    chroma = functional.interpolate(chroma, scale_factor=2.0, mode="nearest")
    out = _mixed(constants.from_ycc, torch.cat([luma, chroma], dim=1))
    return out[:, :, :height, :width].clamp_(0.0, 1.0)


def _mixed(matrix: Tensor, planes: Tensor) -> Tensor:
    """Return (b, 3, h, w) planes, each a linear combination of the inputs."""
    return (matrix @ planes.flatten(2)).view(planes.shape)


def _quantised(planes: Tensor, steps: Tensor, cosines: Tensor) -> Tensor:
    """Return (b, c, h, w) planes with the DCT of each 8 x 8 block rounded to the (b, 8, 8) steps of its row."""
    b, c, h, w = planes.shape
    # Along lines, then across them: both are views, without a copy into blocks.
    waves = cosines @ (planes.reshape(-1, 8) @ cosines.T).view(b * c * h // 8, 8, w)
    step = steps[:, None, :, None, :]
    waves.view(b, -1, 8, w // 8, 8).div_(step).round_().mul_(step)
    return ((cosines.T @ waves).view(-1, 8) @ cosines).view(b, c, h, w)

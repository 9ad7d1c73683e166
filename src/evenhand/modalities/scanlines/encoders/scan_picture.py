"""`scan_picture`: a network that was trained on photos, over a scan taken as a picture."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.modalities.scanlines.encoders.shapes import Batch, Shapes
from evenhand.modalities.scanlines.options import ScanPictureOptions
from evenhand.models.acceleration.frozen_norm_form import lighten
from evenhand.models.acceleration.memory_format import laid_out
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.encoders.blocks import Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import ENCODERS, build_encoder

CANVAS = "picture"
"""Name of the first block, which has no weights."""


class ScanAsPicture(nn.Module):
    """A batch of scans as pictures of one size: "lines" (b, l, c, w) and "mask" (b, l) -> (b, 3, h, w) float32.

    A scan begins at the top, and what is below its last line is 0, the mean of a line: how far the batch is padded
    makes no difference. Heights are in deviations, which is about what networks for photos expect, and are clipped
    to ±`limit` of them. One direction fills all three channels; of two, the forward one fills two.

    Parameters
    ----------
    lines
        Most lines of a scan, `scanlines.max_lines`.
    size
        (h, w) of the pictures; scans are scaled by bilinear interpolation.
    """

    def __init__(self, lines: int, size: tuple[int, int], *, limit: float = 4.0) -> None:
        super().__init__()
        self.lines, self.size, self.limit = lines, size, limit

    def forward(self, batch: Batch) -> Tensor:
        x = batch["lines"] * batch["mask"].to(batch["lines"].dtype)[:, :, None, None]
        x = x.transpose(1, 2).clamp(-self.limit, self.limit)  # (b, c, l, w)
        # Batches are padded to multiples of 8 lines, so that they may be longer than the longest scan.
        x = functional.pad(x[:, :, : self.lines], (0, 0, 0, max(0, self.lines - x.shape[2])))
        if x.shape[2:] != self.size:
            x = functional.interpolate(x, self.size, mode="bilinear", align_corners=False, antialias=True)
        channels = [0, 0, 0] if x.shape[1] == 1 else [0, 0, 1]
        return laid_out(x[:, channels])


class PictureNetwork(nn.Module):
    """The scan as a picture and the network for photos, which owns all the weights."""

    def __init__(self, picture: ScanAsPicture, network: nn.Module) -> None:
        super().__init__()
        self.picture = picture
        self.network = network


@ENCODERS.register("scan_picture")
def scan_picture(model: ModelConfig) -> Encoder:
    """Return a network for photos, pretrained unless `model.pretrained` is false, over scans of one size.

    Raises
    ------
    ModelError
        If the weights are not available, or the network does not take pictures of that size.
    """
    options = ScanPictureOptions.model_validate(model.options)
    shapes = Shapes.of(model)
    section = ScanLinesConfig.model_validate(model.kind_config if isinstance(model, SizedModel) else {})
    height, width = (round(side * options.zoom) for side in (section.max_lines, shapes.width))
    # The generator is seeded for this model; the network within must not be the same for every seed.
    seed = int(torch.randint(2**31, ()))
    inner = build_encoder(ModelConfig.model_validate(_of_photos(model, options.network)), seed)
    if options.form == "light":
        lighten(inner)
    picture = ScanAsPicture(section.max_lines, (height, width))
    return Encoder(
        PictureNetwork(picture, inner.backbone),
        (Block(CANVAS, picture), *inner.stages),
        inner.pool,
        shapes.example(),
    )


def _of_photos(model: ModelConfig, network: str) -> dict[str, object]:
    """Return the keys of a model that say which network for photos it is built from."""
    return {"name": model.name, "encoder": network, "pretrained": model.pretrained, "drop_path": model.drop_path}

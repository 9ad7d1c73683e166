"""The shapes of a scan's arrays, from which encoders are built, and example inputs of those shapes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig, SizedModel

Batch = dict[str, Tensor]
"""A batch of b scans, padded to l lines; an encoder gets the parts that its example has:

- "lines" (b, l, c, w) float32, in the order of time; 0 where nothing was scanned, and behind the last line;
- "mask" (b, l) bool, which lines were scanned;
- "pixels" (b, l, c, w) bool, which values were scanned;
- "steps" (b, l, c, 2) float32, step of the level and of the log deviation from the line before;
- "statistics" (b, d) float32, `line_statistics.OF_LINES` of the scans as they are stored.

The output for a scan must not depend on how far its batch is padded.
"""

STATISTICS = "statistics"
"""Name of the part that is computed of stored scans, not of their lines in a batch."""


@dataclass(frozen=True)
class Shapes:
    """The shapes of a scan: c directions × w values a line; the number of lines differs from scan to scan."""

    directions: int
    width: int

    @classmethod
    def of(cls, model: ModelConfig) -> Shapes:
        """Return the shapes of the rows that a model is built for.

        Raises
        ------
        ModelError
            If the rows of the model are not scans.
        """
        row = model.row if isinstance(model, SizedModel) else {}
        if not {"lines", "mask", "steps"} <= row.keys():
            raise ModelError(
                f'Model {model.name}: encoder = "{model.encoder}" reads scans (lines, mask and steps), but the '
                f'rows hold {", ".join(row) or "unknown arrays"}. Set data.kind = "scanlines", or use another '
                "encoder."
            )
        _, directions, width = row["lines"]
        return cls(directions, width)

    def example(self, *parts: str, lines: int = 8) -> Batch:
        """Return two scans with the parts that an encoder reads, "lines" and "mask" by default."""
        whole = {
            "lines": torch.zeros(2, lines, self.directions, self.width),
            "mask": torch.ones(2, lines, dtype=torch.bool),
            "pixels": torch.ones(2, lines, self.directions, self.width, dtype=torch.bool),
            "steps": torch.zeros(2, lines, self.directions, 2),
        }
        return {name: whole[name] for name in parts or ("lines", "mask")}

"""Rows of a kind of data as the rows of a pass through a frozen part (`models.io.activations.FrozenRows`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from evenhand.base.values import Ints
from evenhand.training.inputs.batch_order import in_order
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.inputs.length_order import lengths_of


class FrozenInputs:
    """Inputs of a whole network, batch after batch; a batch may be a dict of tensors, padded to its longest row.

    Parameters
    ----------
    inputs
        Their `look` gives plain rows; their `batch`, with a generator per row, the further views.
    n
        Number of rows.
    left_out
        Rows that could not be decoded: what an encoder makes of zeros need not be a number.
    code
        Modules, other than those of the network, that determine the batches.
    key
        What else the activations depend on: the options of the encoder, and the section of the kind.
    """

    def __init__(
        self, inputs: Inputs, n: int, *, left_out: Collection[int], code: Sequence[str], key: Mapping[str, Any]
    ) -> None:
        self._inputs, self._n = inputs, n
        self._rows = np.setdiff1d(np.arange(n), np.array(sorted(left_out), dtype=np.int64))
        self.code, self.key = (type(inputs).__module__, *code), key

    def __len__(self) -> int:
        return self._n

    def batches(self, size: int) -> list[Ints]:
        """Return positions in batches: as the rows come, or by length where much would be padding otherwise."""
        lengths = lengths_of(self._inputs)
        rows = self._rows if lengths is None else self._rows[np.argsort(lengths[self._rows], kind="stable")]
        return list(in_order(rows, size))

    def unlike(self) -> list[int]:
        """Return the shortest and the longest row; the first one where rows have no lengths."""
        lengths = getattr(self._inputs, "lengths", None)
        return [0] if lengths is None else sorted({int(np.argmin(lengths)), int(np.argmax(lengths))})

    def batch(self, rows: Ints, draws: Sequence[torch.Generator] | None) -> Any:
        """Return rows for evaluation, or augmented with a generator per row."""
        positions = torch.from_numpy(rows)
        return self._inputs.look(positions) if draws is None else self._inputs.batch(positions, draws)

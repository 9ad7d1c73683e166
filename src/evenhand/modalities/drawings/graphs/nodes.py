"""Features of nodes that no motion changes; what a motion changes is computed from strokes when a batch is made."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from evenhand.modalities.drawings.reading.primitives import Primitives
from evenhand.modalities.drawings.vocabulary import NODE_TYPES

_LEAST_LENGTH = 1e-4
_MOST_TURNING = 50.0


def node_features(found: Primitives) -> npt.NDArray[np.float32]:
    """Return (n, len(NODE_FEATURES)) float32 of primitives in their unit box: one column per type, then shapes.

    Lengths are logarithms of shares of the unit box, over 4; turning is in full turns; curvature is the turning per
    length. All are of the order of one.
    """
    chord = np.hypot(*(found.strokes[:, -1] - found.strokes[:, 0]).T)
    length = np.maximum(found.lengths, _LEAST_LENGTH)
    shape = [
        np.log(found.lengths + _LEAST_LENGTH) / 4,
        np.minimum(chord / length, 1.0),
        np.minimum(found.turning, _MOST_TURNING) / (2 * np.pi),
        np.clip(found.net_turning, -_MOST_TURNING, _MOST_TURNING) / (2 * np.pi),
        np.log1p(found.corners),
        found.closed.astype(np.float64),
        np.log1p(np.minimum(found.turning / length, 1e4)) / 4,
    ]
    return np.column_stack([np.eye(len(NODE_TYPES))[found.kinds], *shape]).astype(np.float32)

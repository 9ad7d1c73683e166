"""What comes with a drawing and is not its shape, as the trees of EH113 take it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evenhand.modalities.drawings.vocabulary import NODE_TYPES, SURROUNDINGS
from evenhand.modalities.drawings.wrapping import wrapping


def test_a_drawing_at_an_absurd_place_has_measures_that_trees_can_split() -> None:
    place = np.array([[1e99, -1e99, 1e100, 6.0], [1.5, 2.0, 3.0, 4.0]])
    entry = {"box": place, "wrapping": np.zeros((2, len(SURROUNDINGS))), "nodes": [np.eye(1, len(NODE_TYPES))] * 2}
    facts = pd.DataFrame({"bytes": [100, 200], "version": ["AC1009", "AC1015"]})
    found = wrapping(entry, np.arange(2), facts)  # type: ignore[arg-type]
    with np.errstate(over="raise"):
        assert all(np.isfinite(each.astype(np.float32)).all() for each in found.values())
    assert found["where a drawing lies and how large it is"][1].tolist() == place[1].tolist()

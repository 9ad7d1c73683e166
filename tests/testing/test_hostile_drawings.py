"""Hostile drawings are valid, stay the same, and our reader finds in each what was put there."""

from collections import Counter

import pytest

pytest.importorskip("ezdxf")

from evenhand.base.errors import DataError
from evenhand.modalities.drawings.config import DrawingsConfig
from evenhand.modalities.drawings.reading.encode import encode
from evenhand.modalities.drawings.vocabulary import COUNTERS, NODE_TYPES
from evenhand.testing.hostile_drawings import HOSTILE, hostile

SETTINGS = DrawingsConfig().plain()
UNSURE = ("knn", "edges_cut")  # of the graph, not of the file


@pytest.mark.parametrize("name", HOSTILE.names())
def test_a_reader_finds_what_is_there(name: str) -> None:
    made = hostile(name)
    assert made.raw == hostile(name).raw
    if made.reason:
        with pytest.raises(DataError, match=f"^{made.reason}"):
            encode(made.raw, SETTINGS)
        return
    row = encode(made.raw, SETTINGS)
    types = row["nodes"][:, : len(NODE_TYPES)].argmax(axis=1)
    assert Counter(NODE_TYPES[at] for at in types) == dict(made.primitives)
    counters = dict(zip(COUNTERS, row["counters"].tolist(), strict=True))
    assert {at: n for at, n in counters.items() if n and at not in UNSURE} == dict(made.counters)

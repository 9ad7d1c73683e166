"""Trivial features and wrapping of each kind, from small entries of the store."""

import numpy as np
import pandas as pd
import pytest

from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.ragged import Ragged
from evenhand.modalities import KINDS
from evenhand.modalities.beats.features.rr_features import names
from evenhand.modalities.drawings.vocabulary import NODE_FEATURES, NODE_TYPES

RECORDS = pd.DataFrame(
    {"rate_hz": [360.0, 250.0], "seconds": [60.0, 90.0], "leads": ["MLII+V5", "V1"], "units": "mV", "coding": "212"}
)
ROWS = np.array([2, 0])


def test_the_floor_of_beats_is_their_rr_intervals_without_similarities() -> None:
    rhythm = np.arange(3 * (len(names()) + 4), dtype=np.float32).reshape(3, -1)
    beats = KINDS.get("beats")
    entry = StoreEntry("x", 3, {"rhythm": rhythm}, {})
    name, features = beats.floor_features(entry, ROWS, RECORDS)
    assert name == "RR intervals"
    assert np.array_equal(features, rhythm[ROWS, : len(names())])
    assert (
        beats.floor_features(StoreEntry("x", 3, {"rhythm": rhythm}, {}), ROWS, pd.DataFrame(index=[0, 1])) is None
    )


def test_the_wrapping_of_beats_is_length_leads_units_and_format() -> None:
    found = KINDS.get("beats").wrapping(StoreEntry("x", 3, {}, {}), ROWS, RECORDS)
    assert found["the length and the rate of the recording"].tolist() == [[60, 360], [90, 250]]
    assert found["the leads of the recording"].tolist() == [[1, 0], [0, 1]]
    assert not KINDS.get("beats").wrapping(StoreEntry("x", 3, {}, {}), ROWS, pd.DataFrame({"windows": [1, 1]}))


def test_the_floor_of_drawings_counts_primitives_by_type() -> None:
    nodes = [np.zeros((size, len(NODE_FEATURES)), dtype=np.float32) for size in (2, 1, 3)]
    nodes[0][:, NODE_TYPES.index("line")] = 1
    nodes[2][:, NODE_TYPES.index("arc")] = 1
    entry = StoreEntry("x", 3, {"nodes": Ragged.of(nodes)}, {})
    name, features = KINDS.get("drawings").floor_features(entry, ROWS, pd.DataFrame(index=[0, 1]))
    assert (name, features.shape) == ("entity counts", (2, len(NODE_TYPES)))
    assert features[0, NODE_TYPES.index("arc")] == 3
    assert features[1, NODE_TYPES.index("line")] == 2


def test_the_floor_of_photos_is_size_and_mean_colour() -> None:
    images = np.zeros((3, 8, 8, 3), dtype=np.uint8)
    images[2, :, :, 0] = 200
    facts = pd.DataFrame({"width": [40, 30], "height": [20, 30]})
    name, features = KINDS.get("photos").floor_features(StoreEntry("x", 3, {"image": images}, {}), ROWS, facts)
    assert name == "size and colour"
    assert features == pytest.approx(np.array([[200, 0, 0, 40, 20], [0, 0, 0, 30, 30]]))

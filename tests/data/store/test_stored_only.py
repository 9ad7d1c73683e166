"""A store that computes nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import StoreError
from evenhand.data.store.store import Store
from evenhand.data.store.stored_only import StoredOnly


def test_what_is_there_is_read_and_what_is_not_is_not_computed(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    kept = store.array({"of": "a"}, (2,), "float32", lambda out: out.fill(3))
    only = StoredOnly.of(store)

    def fill(out: object) -> None:
        raise AssertionError("it was computed")

    assert np.array_equal(only.array({"of": "a"}, (2,), "float32", fill), kept)
    with pytest.raises(StoreError, match="nothing is computed here"):
        only.array({"of": "b"}, (2,), "float32", fill)
    beside = StoredOnly.of(Store(tmp_path / "other", also=[store.folder]))
    assert np.array_equal(beside.array({"of": "a"}, (2,), "float32", fill), kept)

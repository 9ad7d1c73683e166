"""Damaged arrays of the store."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import StoreError
from evenhand.base.storage.files import checksums
from evenhand.data.store import verified
from evenhand.data.store.store import Store

HUGE = '{"time": 1' + "0" * 400 + ', "stamps": {}}'
ROWS = [np.arange(20), np.arange(20) + 5]


def put(folder: Path, said: list[str]) -> np.ndarray:
    store = Store(folder, on_damage=said.append)
    return np.array(store.rows({"v": 1}, ["a", "b"], lambda at: {"x": ROWS[at]})["x"])


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[-3] ^= 16
    path.write_bytes(raw)


def test_a_flipped_bit_is_said_and_the_entry_made_again(tmp_path: Path) -> None:
    said: list[str] = []
    put(tmp_path, said)
    (file,) = tmp_path.glob("entries/*/x.npy")
    flip(file)
    with pytest.raises(StoreError, match=r"x\.npy: does not match its checksum.* Run the same command again"):
        Store(tmp_path).open(file.parent.name)
    assert np.array_equal(put(tmp_path, said), ROWS)
    assert said == [f"{file}: does not match its checksum. It is damaged, and made again."]
    assert np.array_equal(put(tmp_path, said), ROWS)
    assert len(said) == 1


def test_a_file_is_read_again_where_its_stamp_differs_or_a_day_has_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, [])
    (file,) = tmp_path.glob("entries/*/x.npy")
    read: list[str] = []
    mark_of = checksums.mark_of
    monkeypatch.setattr(checksums, "mark_of", lambda path: (read.append(path.name), mark_of(path))[1])
    put(tmp_path, [])
    assert read == []
    os.utime(file)
    put(tmp_path, [])
    put(tmp_path, [])
    assert read == ["x.npy"]
    monkeypatch.setattr(verified, "TRUSTED_S", -1.0)
    put(tmp_path, [])
    assert read == ["x.npy"] * 2


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"time": "x"}', '{"time": 1e999, "stamps": 3}', HUGE])
def test_a_damaged_note_costs_a_reading(tmp_path: Path, text: str) -> None:
    put(tmp_path, [])
    (note,) = tmp_path.glob(f"entries/*/{verified.NOTE}")
    note.write_text(text)
    said: list[str] = []
    assert np.array_equal(put(tmp_path, said), ROWS)
    assert said == []

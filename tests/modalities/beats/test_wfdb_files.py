from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.modalities.beats.wfdb_files import Files, in_words, read_annotations, read_head, read_signals
from evenhand.testing.beats import write_record
from evenhand.testing.roots import MemoryRoot

from .conftest import regular


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    write_record(tmp_path, "a", regular(6, symbols="NV"), leads=("MLII", "V1"))
    return {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_signals_come_in_the_order_asked_for(files: dict[str, bytes]) -> None:
    record = Files(MemoryRoot(files), "a")
    head = read_head(record, 10_000)
    one, two = read_signals(record, head, [0, 1]), read_signals(record, head, [1, 0])
    assert one.shape == (2, head.length)
    np.testing.assert_array_equal(one, two[::-1])


def test_annotations_come_in_order(files: dict[str, bytes]) -> None:
    at, symbols = read_annotations(Files(MemoryRoot(files), "a"), "atr")
    assert list(zip(at.tolist(), symbols, strict=True)) == regular(6, symbols="NV")


def test_what_is_missing_is_named(files: dict[str, bytes]) -> None:
    with pytest.raises(DataError, match=r"has no annotations \(a.qrs is not there\)"):
        read_annotations(Files(MemoryRoot(files), "a"), "qrs")
    without = {name: raw for name, raw in files.items() if name != "a.dat"}
    with pytest.raises(DataError, match="has its signals in a.dat, which is not there"):
        read_head(Files(MemoryRoot(without), "a"), 10_000)


def test_words_do_not_tell_of_folders_that_are_gone() -> None:
    with pytest.raises(DataError) as caught, in_words("has signals that cannot be read"):
        raise OSError("Error opening '/tmp/evenhand-record-q5rq7qo1/100.dat': Format not recognised.")
    assert str(caught.value) == "has signals that cannot be read (Error opening '100.dat': Format not recognised.)"

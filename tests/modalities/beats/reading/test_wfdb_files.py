from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.data.wfdb_calls import as_data_error
from evenhand.modalities.beats.reading import wfdb_files
from evenhand.modalities.beats.reading.wfdb_files import RecordFiles, read_annotations, read_head, read_signals
from evenhand.testing.beats import write_record
from evenhand.testing.roots import MemoryRoot

from ..conftest import regular


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    write_record(tmp_path, "a", regular(6, symbols="NV"), leads=("MLII", "V1"))
    return {path.name: path.read_bytes() for path in tmp_path.iterdir()}


def test_signals_come_in_the_order_asked_for(files: dict[str, bytes]) -> None:
    record = RecordFiles(MemoryRoot(files), "a")
    head = read_head(record, 10_000)
    one, two = read_signals(record, head, [0, 1]), read_signals(record, head, [1, 0])
    assert one.shape == (2, head.length)
    np.testing.assert_array_equal(one, two[::-1])


def test_annotations_come_in_order(files: dict[str, bytes]) -> None:
    found = read_annotations(RecordFiles(MemoryRoot(files), "a"), "atr", 250)
    assert list(zip(found.at.tolist(), found.symbols, strict=True)) == regular(6, symbols="NV")


def test_what_is_missing_is_named(files: dict[str, bytes]) -> None:
    with pytest.raises(DataError, match=r"has no annotations \(a.qrs does not exist\)"):
        read_annotations(RecordFiles(MemoryRoot(files), "a"), "qrs", 250)
    without = {name: raw for name, raw in files.items() if name != "a.dat"}
    with pytest.raises(DataError, match="has its signals in a.dat, which does not exist"):
        read_head(RecordFiles(MemoryRoot(without), "a"), 10_000)


def test_words_do_not_tell_of_folders_that_are_gone() -> None:
    with pytest.raises(DataError) as caught, as_data_error("has signals that cannot be read"):
        raise OSError("Error opening '/tmp/evenhand-record-q5rq7qo1/100.dat': Format not recognised.")
    assert str(caught.value) == "has signals that cannot be read (Error opening '100.dat': Format not recognised.)"


def with_clock(files: dict[str, bytes], text: str) -> dict[str, bytes]:
    """Return a record whose annotations begin with a note."""
    raw = text.encode()
    note = bytes([0, 22 << 2, len(raw), 63 << 2]) + raw + b"\0" * (len(raw) % 2)
    return {**files, "a.atr": note + files["a.atr"]}


@pytest.mark.parametrize("clock", [125, 250, 360, 1000])
def test_annotations_that_count_in_another_clock_are_placed_by_it(files: dict[str, bytes], clock: int) -> None:
    record = RecordFiles(MemoryRoot(with_clock(files, f"## time resolution: {clock}")), "a")
    found = read_annotations(record, "atr", 250)
    assert found.clock == clock
    expected = [round(at * 250 / clock) for at, _ in regular(6)]
    np.testing.assert_allclose(found.at, expected, atol=0.51)


def test_a_damaged_note_ends_in_words_and_at_once(files: dict[str, bytes]) -> None:
    record = RecordFiles(MemoryRoot(with_clock(files, "## timu resolution: 250")), "a")
    with pytest.raises(DataError, match=r"cannot be read \(a.atr\): it begins with the note .* not define"):
        read_annotations(record, "atr", 250)


def changed(files: dict[str, bytes], old: bytes, new: bytes) -> RecordFiles:
    assert old in files["a.hea"]
    return RecordFiles(MemoryRoot({**files, "a.hea": files["a.hea"].replace(old, new)}), "a")


@pytest.mark.parametrize("unit", ["µV".encode(), "μV".encode(), "µV".encode("latin-1"), b"uV", b"UV", b"?V"])
def test_microvolts_are_no_volts(files: dict[str, bytes], unit: bytes) -> None:
    plain = RecordFiles(MemoryRoot(files), "a")
    head = read_head(plain, 10_000)
    record = changed(files, b"/mV", b"/" + unit)
    own = read_head(record, 10_000)
    np.testing.assert_allclose(read_signals(record, own, [0]) * 1000, read_signals(plain, head, [0]), atol=1e-9)


@pytest.mark.parametrize("end", [b" 1450 12:00:00 2006", b" 0", b"", b" 0 0 0"])
def test_a_header_says_no_date_and_no_length_that_can_be_read(files: dict[str, bytes], end: bytes) -> None:
    plain = RecordFiles(MemoryRoot(files), "a")
    head = read_head(plain, 10_000)
    record = changed(files, b" 1450\n", end + b"\n")
    own = read_head(record, 10_000)
    assert own == head
    np.testing.assert_array_equal(read_signals(record, own, [1]), read_signals(plain, head, [1]))


def test_a_header_may_begin_with_a_mark_and_hold_any_letters(files: dict[str, bytes]) -> None:
    record = changed(files, b"MLII", "Ableitung Ⅱ".encode())
    marked = RecordFiles(
        MemoryRoot({**record.root.files, "a.hea": b"\xef\xbb\xbf" + record.root.read("a.hea")}), "a"
    )
    head = read_head(marked, 10_000)
    assert head.leads == ("Ableitung Ⅱ", "V1")
    assert read_signals(marked, head, [0]).shape == (1, head.length)


def test_a_parser_that_never_ends_is_ended(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The note that sends the library round for ever, past the reader of notes."""
    record = RecordFiles(MemoryRoot(with_clock(files, "## timu resolution: 250")), "a")
    monkeypatch.setattr(wfdb_files, "clock_of", lambda raw: (None, raw))
    monkeypatch.setattr(wfdb_files, "_SECONDS", 2.0)
    with pytest.raises(DataError, match=r"cannot be read \(a.atr\) \(given up after 2 s of CPU time\)"):
        read_annotations(record, "atr", 250)
    assert len(read_annotations(RecordFiles(MemoryRoot(files), "a"), "atr", 250).at) == 6

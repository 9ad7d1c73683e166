from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.modalities.beats import Beats
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.testing.archives import write_zip
from evenhand.testing.beats import write_record

from ..conftest import regular

TABLE = "record,patient,set\na,p1,train\nb,p1,test\nc,p2,train\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return three records: V1 second, MLII second, and no MLII."""
    write_record(tmp_path, "a", regular(10, symbols="NV"), leads=("MLII", "V1"))
    write_record(tmp_path, "b", regular(10, symbols="NA+"), leads=("V5", "MLII"), rate=360)
    write_record(tmp_path, "c", regular(6, symbols="NF"), leads=("V5", "V2"))
    return tmp_path


def found(folder: Path, *, kind_config: BeatsConfig | None = None, **data: object) -> tuple[Samples, list[Finding]]:
    config = DataConfig(kind="beats", root=str(folder), **data)
    return Beats().samples(open_root(folder), config, kind_config or BeatsConfig())


def test_a_row_is_a_beat_with_its_place(folder: Path) -> None:
    samples, _ = found(folder)
    frame = samples.frame
    assert samples.classes == ("N", "S", "V")
    assert list(frame["id"][:2]) == ["a:0000200", "a:0000400"]
    row = frame[frame["id"] == "b:0000400"].iloc[0]
    assert (row["path"], row["record"], row["sample"], row["symbol"]) == ("b.hea", "b", 400, "A")
    assert (row["lead"], row["channel"], row["group"]) == ("MLII", "1", "b")
    assert row["seconds"] == pytest.approx(400 / 360)
    assert frame["content"].is_unique


def test_rhythm_annotations_are_no_rows(folder: Path) -> None:
    frame = found(folder)[0].frame
    assert (frame["record"] == "b").sum() == 7
    assert "+" not in set(frame["symbol"])


def test_a_record_without_the_lead_is_left_out_and_named(folder: Path) -> None:
    samples, findings = found(folder)
    assert set(samples.frame["record"]) == {"a", "b"}
    said = [f for f in findings if f.code == "EH101"]
    assert '1 record was left out: "c"; has no lead MLII, and beats.leads names no alternative' in said[0].message


def test_a_lead_that_another_channel_took_is_told_so(folder: Path) -> None:
    said = [
        f.message for f in found(folder, kind_config=BeatsConfig(leads=["V1|MLII", "MLII"]))[1] if f.code == "EH101"
    ]
    assert any('"b"; its lead MLII is taken by another channel of beats.leads' in text for text in said)


def test_a_lead_that_stands_for_another_is_told(folder: Path) -> None:
    samples, findings = found(folder, kind_config=BeatsConfig(leads=["MLII|V5"]))
    assert set(samples.frame.loc[samples.frame["record"] == "c", "lead"]) == {"V5"}
    said = next(f for f in findings if f.code == "EH111" and f.severity == "warning")
    assert 'V5 replaces MLII in 1 of 3 records ("c")' in said.message
    assert said.evidence["records"] == ["c"]


def test_a_lead_in_another_place_is_told(folder: Path) -> None:
    message = [f.message for f in found(folder)[1] if f.code == "EH111"]
    assert any("were selected by name, not by position" in text for text in message)


def test_several_leads_are_several_channels(folder: Path) -> None:
    samples, _ = found(folder, kind_config=BeatsConfig(leads=["MLII|*", "*"]))
    leads = samples.frame.drop_duplicates("record").set_index("record")["lead"].to_dict()
    assert leads == {"a": "MLII+V1", "b": "MLII+V5", "c": "V5+V2"}


def test_a_table_gives_patients_and_splits(folder: Path) -> None:
    (folder / "split.csv").write_text(TABLE, encoding="utf-8")
    samples, _ = found(folder, table="split.csv", group="patient", split="set")
    by_record = samples.frame.drop_duplicates("record").set_index("record")
    assert by_record["group"].to_dict() == {"a": "p1", "b": "p1"}
    assert by_record["split"].to_dict() == {"a": "train", "b": "test"}
    assert by_record["set"].to_dict() == {"a": "train", "b": "test"}


def test_only_what_is_wanted_stays(folder: Path) -> None:
    (folder / "split.csv").write_text(TABLE, encoding="utf-8")
    samples, _ = found(folder, table="split.csv", only={"set": ["train"]})
    assert set(samples.frame["record"]) == {"a"}
    with pytest.raises(DataError, match='data.only: no row has "tset" in the column "set". Did you mean "test"'):
        found(folder, table="split.csv", only={"set": ["tset"]})
    with pytest.raises(DataError, match="data.only needs the columns of a table"):
        found(folder, only={"set": ["train"]})


def test_records_and_table_must_fit(folder: Path) -> None:
    (folder / "split.csv").write_text("record,patient\na,p1\nz,p9\n", encoding="utf-8")
    with pytest.raises(DataError, match=r'1 of 2 rows name a record that does not exist \("z"\)'):
        found(folder, table="split.csv")
    _, findings = found(folder, table="split.csv", missing="drop")
    said = " ".join(f.message for f in findings)
    assert "They were left out." in said
    assert '2 records were left out: "b", "c"; is not named in split.csv' in said
    (folder / "split.csv").write_text("record,patient\na,p1\na,p2\n", encoding="utf-8")
    with pytest.raises(DataError, match='the record "a" is on line 2 and again on line 3'):
        found(folder, table="split.csv")
    (folder / "split.csv").write_text("recrod,patient\na,p1\n", encoding="utf-8")
    with pytest.raises(DataError, match='no column named "record".*Did you mean "recrod"'):
        found(folder, table="split.csv")


def test_records_can_be_left_out_by_name(folder: Path) -> None:
    samples, findings = found(folder, kind_config=BeatsConfig(leave_out=["b", "c"]))
    assert set(samples.frame["record"]) == {"a"}
    assert not [f for f in findings if f.code == "EH101"]
    with pytest.raises(DataError, match='beats.leave_out: There is no record named "x"'):
        found(folder, kind_config=BeatsConfig(leave_out=["x"]))


def test_records_are_those_that_a_list_names(folder: Path) -> None:
    (folder / "RECORDS").write_text("b\nlost\n", encoding="utf-8")
    samples, findings = found(folder)
    assert set(samples.frame["record"]) == {"b"}
    assert '"lost"; listed in RECORDS, but without a header' in findings[0].message


def test_a_zip_and_folders_in_it_are_read_alike(folder: Path, tmp_path: Path) -> None:
    files = {f"deep/{path.name}": path.read_bytes() for path in folder.iterdir() if path.is_file()}
    zipped = write_zip(tmp_path / "all.zip", files)
    one, two = found(folder)[0], found(zipped)[0]
    assert list(two.frame["id"]) == [f"deep/{name}" for name in one.ids]
    assert list(two.frame["content"]) == list(one.frame["content"])
    read = [Beats().reader(open_root(at), s.frame, Beats().settings(BeatsConfig(), None)) for at, s in
            ((folder, one), (zipped, two))]  # fmt: skip
    np.testing.assert_array_equal(read[0](3)["signal"], read[1](3)["signal"])


def test_the_mapping_and_the_names_of_classes_can_be_changed(folder: Path) -> None:
    kind_config = BeatsConfig(leads=["MLII|V5"], mapping={"N": ["N"], "other": ["V", "A"]})
    samples, findings = found(folder, kind_config=kind_config)
    assert samples.classes == ("N", "other")
    note = next(f for f in findings if "without a class in [beats.mapping]" in f.message)
    assert (note.severity, note.evidence["symbols"]) == ("note", {"F": 3})
    samples, _ = found(folder, kind_config=BeatsConfig(leads=["MLII|V5"]), rename={"F": "O", "S": "O"}, drop=["V"])
    assert samples.classes == ("N", "O")
    with pytest.raises(DataError, match='data.rename names the class "X"'):
        found(folder, rename={"X": "O"})


def test_a_table_column_can_be_the_class(folder: Path) -> None:
    (folder / "split.csv").write_text(TABLE, encoding="utf-8")
    samples, _ = found(folder, kind_config=BeatsConfig(leads=["MLII|V5"]), table="split.csv", label="patient")
    assert samples.classes == ("p1", "p2")
    with pytest.raises(DataError, match='data.label: There is no column named "pateint"'):
        found(folder, table="split.csv", label="pateint")


def test_damaged_records_are_named_and_the_others_stay(folder: Path) -> None:
    (folder / "b.atr").write_bytes(b"")
    (folder / "d.hea").write_text("d 1 250 99999999999\nd.dat 16 200\n", encoding="utf-8")
    (folder / "d.dat").write_bytes(b"\0" * 100)
    (folder / "e.hea").write_text("e 1 250 100\nelsewhere.dat 16 200\n", encoding="utf-8")
    samples, findings = found(folder)
    assert set(samples.frame["record"]) == {"a"}
    said = "\n".join(f.message for f in findings)
    assert '"b"; has no annotations (b.atr is empty)' in said
    assert '"d"; has a header that claims 99,999,999,999 samples; beats.max_samples = 200,000,000' in said
    assert '"e"; has its signals in elsewhere.dat, which does not exist' in said


def test_nothing_at_all_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("x", encoding="utf-8")
    with pytest.raises(DataError, match=r"holds no heartbeats: no WFDB header \(.hea\) was found"):
        found(tmp_path)
    write_record(tmp_path, "c", regular(4), leads=("V5",))
    with pytest.raises(DataError, match='none of 1 records can be used.*"c"; has no lead MLII'):
        found(tmp_path)


def test_a_clock_of_the_annotations_is_said_and_places_beats(tmp_path: Path) -> None:
    header = write_record(tmp_path, "a", regular(10, symbols="NV", rr=400, start=400), rate=500)
    note = b"## time resolution: 250"
    halved = b"".join(bytes([at & 255, code << 2 | at >> 8]) for at, code in [(200, 1), (200, 5)] * 5)
    raw = bytes([0, 22 << 2, len(note), 63 << 2]) + note + b"\0" + halved + b"\0\0"
    header.with_suffix(".atr").write_bytes(raw)
    samples, findings = found(tmp_path)
    assert samples.frame["sample"].tolist() == [400 * n for n in range(1, 11)]
    assert "have a time resolution of their own (in the first 250 Hz, its signals 500 Hz" in findings[0].message


def test_a_list_of_records_may_begin_with_a_byte_order_mark(folder: Path) -> None:
    (folder / "RECORDS").write_bytes(b"\xef\xbb\xbfa\r\nb\r\n")
    samples, findings = found(folder)
    assert set(samples.frame["record"]) == {"a", "b"}
    assert not [f for f in findings if f.code == "EH101"]


def test_a_record_whose_annotations_cannot_be_placed_is_left_out_and_named(folder: Path) -> None:
    note = b"## timu resolution: 250"
    annotations = folder / "a.atr"
    raw = bytes([0, 22 << 2, len(note), 63 << 2]) + note + b"\0" * (len(note) % 2) + annotations.read_bytes()
    annotations.write_bytes(raw)
    samples, findings = found(folder)
    assert set(samples.frame["record"]) == {"b"}
    (said,) = [f.message for f in findings if f.code == "EH101" and "a.atr" in f.message]
    assert 'begins with the note "## timu resolution: 250"' in said

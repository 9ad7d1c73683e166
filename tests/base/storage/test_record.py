import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import RecordError
from evenhand.base.storage.files import atomic
from evenhand.base.storage.manifest import read_manifest
from evenhand.base.storage.record import Record, records
from evenhand.base.storage.sealed_json import write_sealed
from evenhand.base.values import Finding, Folds, Samples
from evenhand.pipeline.resuming.resumable import resumable


@pytest.fixture
def record(tmp_path: Path) -> Record:
    data = {"kind": "photos", "classes": ["я", "b"], "levels": {"coarse": ["x", "x"]}, "fingerprint": "abc"}
    return Record.create(
        tmp_path / "runs",
        asked="# mine\n",
        resolved={"train": {"clip": None, "epochs": 2}},
        data=data,
        samples=samples([0, 1, 1]),
    )


def samples(labels: object) -> Samples:
    frame = pd.DataFrame({"id": ["1", "2", "3"], "path": ["a", "b", "c"], "label": ["я", "b", "b"]})
    levels = {"coarse": ("x", "x")}
    return Samples(frame, ("я", "b"), np.asarray(labels), weights=np.array([1.0, 2.0, 0.5]), levels=levels)


@pytest.mark.parametrize("labels", [[0, 1, 1], [[1, 0], [0.5, 0.5], [0, 1]]])
def test_samples_come_back_as_they_were(record: Record, labels: object) -> None:
    given = samples(labels)
    record.write_samples(given)
    read = record.samples()
    pd.testing.assert_frame_equal(read.frame, given.frame)
    np.testing.assert_array_equal(read.labels, given.labels)
    np.testing.assert_array_equal(read.weights, given.weights)
    assert (read.classes, read.levels) == (given.classes, given.levels)


def test_folds_and_findings_come_back_as_they_were(record: Record) -> None:
    ids = np.array(["001", "NA", "3"], dtype=object)
    record.write_folds(Folds(ids, np.array([0, 1, -1], dtype=np.int16), k=2, how={"seed": 3}))
    read = record.folds()
    assert (list(read.ids), list(read.fold), read.k, read.how) == (["001", "NA", "3"], [0, 1, -1], 2, {"seed": 3})
    found = [
        Finding(
            "EH104",
            "error",
            "Two labels.",
            about="я\u2028",
            evidence={"n": 2},
            ids=("1", "2\x85"),
            patch={"a.b": 1},
        )
    ]
    record.write_findings(found)
    assert record.findings() == found


def test_what_was_asked_and_used_is_kept(record: Record) -> None:
    assert (record.path / "config.toml").read_text() == "# mine\n"
    assert record.resolved() == {"train": {"epochs": 2}}
    assert record.json("environment.json")["packages"]["evenhand"]


def test_unfinished_records_are_found_by_fingerprint(record: Record) -> None:
    output = record.path.parent
    assert resumable(output, "abc") == record
    assert resumable(output, "other") is None
    record.write_json("scores.json", {})
    assert record.finished
    assert resumable(output, "abc") == record  # killed before its report was written
    (record.path / "report.html").write_text("")
    assert resumable(output, "abc") is None
    assert records(output) == [record]
    assert records(output / "none") == []


def test_records_of_the_same_second_do_not_collide(tmp_path: Path) -> None:
    made = {Record.create(tmp_path, asked="", resolved={}, data={}).path for _ in range(3)}
    assert len(made) == 3


def test_a_folder_that_is_no_record_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="is not a record"):
        Record.open(tmp_path)
    with pytest.raises(RecordError, match="no such folder"):
        Record.open(tmp_path / "none")


def test_a_record_cut_short_is_told(record: Record) -> None:
    with pytest.raises(RecordError, match=r"has no folds\.csv"):
        record.folds()
    (record.path / "samples.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(RecordError, match=r"samples\.parquet: does not match its checksum.* --fresh"):
        record.samples()
    (record.path / "manifest.jsonl").unlink()  # as records of older versions have none
    with pytest.raises(RecordError, match="not a Parquet table"):
        record.samples()
    (record.path / "scores.json").write_text("{")
    with pytest.raises(RecordError, match="is not JSON"):
        record.json("scores.json")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordError, match=r"records cannot be made there, as .*file is a file"):
        Record.create(tmp_path / "file", asked="", resolved={}, data={})


def test_a_second_process_is_told_and_a_killed_one_does_not_block(record: Record) -> None:
    hold = (
        "import sys, time; from evenhand.base.storage.record import Record\n"
        "with Record(__import__('pathlib').Path(sys.argv[1])).locked():\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", hold, str(record.path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == b"held"
    with pytest.raises(RecordError, match="another process"), record.locked():
        pass
    holder.kill()
    holder.communicate()
    with record.locked():
        assert os.getpid()


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np, pandas as pd
from evenhand.base.storage import manifest
from evenhand.base.storage.record import Record
from evenhand.base.values import Samples
name = sys.argv[2]
real = manifest.replacing
def replacing(path):
    if path.name == name:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(path)
manifest.replacing = replacing
samples = Samples(pd.DataFrame({"id": ["1"], "path": ["a"]}), ("x", "y"), np.array([0]))
data = {"fingerprint": "abc", "kind": "photos", "classes": ["x", "y"]}
Record.create(Path(sys.argv[1]), asked="", resolved={}, data=data, samples=samples)
"""


@pytest.mark.parametrize("name", ["config.toml", "samples.parquet", "resolved.toml"])
def test_a_process_killed_while_it_makes_a_record_leaves_none(tmp_path: Path, name: str) -> None:
    dead = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), name], check=False)
    assert dead.returncode == -9
    assert len(list(tmp_path.iterdir())) == 1  # what was being built, hidden
    assert records(tmp_path) == []
    assert resumable(tmp_path, "abc") is None
    data = {"fingerprint": "abc", "kind": "photos", "classes": ["x", "y"]}
    made = Record.create(tmp_path, asked="", resolved={}, data=data, samples=samples([0, 1, 1]))
    assert list(tmp_path.iterdir()) == [made.path]
    assert resumable(tmp_path, "abc") == made


def test_a_record_without_its_rows_is_not_resumed(record: Record) -> None:
    (record.path / "samples.parquet").unlink()
    assert resumable(record.path.parent, "abc") is None


def test_a_record_without_the_rows_of_its_second_set_is_not_resumed(record: Record) -> None:
    record.write_json("data.json", {**record.data(), "encoded_generalization": {}})
    assert resumable(record.path.parent, "abc") is None
    record.write_generalization(samples([0, 1, 1]))
    assert resumable(record.path.parent, "abc") == record


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Record, samples: Samples) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Record, "write_samples", full)
    with pytest.raises(RecordError, match=r"cannot be written \(No space left on device\). Make room there"):
        Record.create(tmp_path / "runs", asked="", resolved={}, data={}, samples=samples([0, 1, 1]))
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize("writes", range(11))
def test_a_disk_that_fills_at_any_write_leaves_no_record_or_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    left, flush, write = [writes], atomic._flush, os.write

    def full(*arguments: object, then: Callable[..., object]) -> object:
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        left[0] -= 1
        return then(*arguments)

    monkeypatch.setattr(atomic, "_flush", lambda *given: full(*given, then=flush))
    monkeypatch.setattr("evenhand.base.storage.manifest.os.write", lambda *given: full(*given, then=write))
    data = {"fingerprint": "abc", "kind": "photos", "classes": ["x", "y"]}
    with contextlib.suppress(RecordError):
        Record.create(tmp_path, asked="", resolved={}, data=data, samples=samples([0, 1, 1]))
    monkeypatch.undo()
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    for found in records(tmp_path):
        assert resumable(tmp_path, "abc") == found
        assert all(found.sound(name) for name in read_manifest(found.path).marks)
    assert len(records(tmp_path)) == (writes == 10)


DAMAGE = {
    "resolved.toml": [b"a = ", b'x = "\xff"', b"[a\n"],
    "data.json": [b"\xff\xfe{", b"null", b"[]", b"{", b"[" * 100_000],
    "folds.csv": [b"", b"id,fold\na,x\n", b"id\na\n", b"\xff\xfeid,fold\n", b"id,fold\na,99999\n"],
    "folds.json": [b"null", b"[]", b"{}", b"\xff"],
    "findings.jsonl": [b"null\n", b"{\n", b'{"code": 1}\n', b"\xff\n"],
}


@pytest.mark.parametrize(("name", "raw"), [(name, raw) for name, every in DAMAGE.items() for raw in every])
def test_a_damaged_file_is_said_in_words_with_its_name(record: Record, name: str, raw: bytes) -> None:
    record.write_folds(Folds(np.array(["1", "2", "3"], dtype=object), np.array([0, 1, 0], dtype=np.int16), 2))
    (record.path / name).write_bytes(raw)
    reader = {"resolved.toml": record.resolved, "data.json": record.data, "findings.jsonl": record.findings}
    with pytest.raises(RecordError, match=r"folds\.|resolved\.toml|data\.json|findings\.jsonl"):
        reader.get(name, record.folds)()


@pytest.mark.parametrize("document", [{}, {"classes": 3, "kind": "photos"}, {"classes": ["a", "b"]}])
def test_rows_whose_description_is_damaged_are_not_read(record: Record, document: object) -> None:
    record.write_json("data.json", document)
    with pytest.raises(RecordError, match=r"data\.json: holds .* at (kind|classes): .* The record is damaged"):
        record.samples()


@pytest.mark.parametrize("raw", [None, *DAMAGE["data.json"]])
def test_a_damaged_record_does_not_keep_others_from_being_resumed(record: Record, raw: bytes | None) -> None:
    output = record.path.parent
    record.path.rename(output / "20000101_000000")
    (output / "20990101_000000").mkdir()
    (output / "20990101_000000" / "resolved.toml").write_text("")
    if raw is not None:
        (output / "20990101_000000" / "data.json").write_bytes(raw)
    found = resumable(output, "abc")
    assert found is not None
    assert found.path.name == "20000101_000000"


def test_lines_of_epochs_that_are_no_objects_are_passed_over(record: Record) -> None:
    folder = record.task_folder("m", 0, 0)
    folder.mkdir(parents=True)
    (folder / "epochs.jsonl").write_bytes(b'{"epoch": 0}\nnull\n\xff\n{"epoch": 1}\n')
    assert list(record.epochs()["epoch"]) == [0, 1]


@pytest.mark.slow
def test_a_process_reads_each_file_of_a_run_once(tmp_path: Path) -> None:
    """Verbs, rules and the report all ask for the same few files: of the smallest run, some were read 22 times."""
    code = f"""
import collections, json, tomllib
from pathlib import Path
import evenhand
from evenhand.base.storage import record as room
from evenhand.testing.kinds import generate

counted = collections.Counter()

def counting(name, read):
    def one(self, *given):
        counted[name] += 1
        return read(self, *given)
    return one

for name in ("_read_resolved", "_read_samples", "_read_folds"):
    setattr(room.Record, name, counting(name, getattr(room.Record, name)))
text = room.Record.text
room.Record.text = lambda self, name: (counted.update([name]), text(self, name))[1]
made = generate("photos", Path({str(tmp_path / "data")!r}), rows=60)
changes = ["folds.k=2", "train.epochs=1", "compute.workers=0", "photos.size=32", "evaluate.draws=200"]
places = [f"output={tmp_path / "runs"!s}", f"compute.store={tmp_path / "store"!s}"]
asked = tomllib.loads(made.toml.read_text())
asked["data"]["root"] = str(made.root.path)
asked["model"] = [{{"name": "a", "encoder": "small", "tune": "all"}}]
evenhand.run(asked, changes=[*changes, *places])
print(json.dumps(counted))
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    counted = json.loads(done.stdout.splitlines()[-1])
    assert {name: counted[name] for name in ("_read_resolved", "_read_samples", "_read_folds", "data.json")} == {
        "_read_resolved": 1,
        "_read_samples": 1,
        "_read_folds": 1,
        "data.json": 1,
    }


def test_findings_that_were_written_and_are_missing_are_not_taken_for_none(record: Record) -> None:
    assert record.findings() == []
    record.write_findings([])
    (record.path / "findings.jsonl").unlink()
    with pytest.raises(RecordError, match=r"findings\.jsonl: is missing, though the run wrote it"):
        record.findings()


@pytest.mark.parametrize("how", ["missing", "folder"])
def test_epochs_that_a_done_task_lists_and_that_are_missing_are_named(record: Record, how: str) -> None:
    for seed in range(2):
        task = record.task_folder("m[1]", 0, seed)
        task.mkdir(parents=True)
        (task / "epochs.jsonl").write_text('{"epoch": 0}\n')
        write_sealed(task / "task.json", {}, [task / "epochs.jsonl"])
    assert len(record.epochs()) == 2
    (task / "epochs.jsonl").unlink()
    if how == "folder":
        (task / "epochs.jsonl").mkdir()
    assert len([*record.task_files("epochs.jsonl")]) == 2
    with pytest.raises(RecordError, match=r"lists epochs\.jsonl, which is missing"):
        record.epochs()
    (task / "task.json").unlink()  # a task that has not finished
    assert len(record.epochs()) == 1


def test_a_record_whose_configuration_is_missing_is_still_listed(record: Record) -> None:
    (record.path / "resolved.toml").unlink()
    (found,) = records(record.path.parent)
    assert found == record
    with pytest.raises(RecordError, match=r"resolved\.toml: is missing, though the run wrote it"):
        found.resolved()
    assert resumable(record.path.parent, "abc") is None


def test_bytes_in_place_of_text_are_damage(record: Record) -> None:
    record.write_predictions(pd.DataFrame({"model": ["m"], "set": ["oof"], "id": [b"\xff"]}))
    with pytest.raises(RecordError, match=r"predictions\.parquet: holds bytes, not text, in its column id"):
        record.predictions()


def test_predictions_without_the_columns_that_rows_are_found_by_are_damage(record: Record) -> None:
    record.write_predictions(pd.DataFrame({"model": ["m"], "id": ["1"]}))
    with pytest.raises(RecordError, match=r"predictions\.parquet: has no column set\. The record is damaged"):
        record.predictions()

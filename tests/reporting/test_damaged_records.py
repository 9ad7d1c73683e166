"""Documents of a record that hold something else: the file and the key are named, and a report is never half."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from evenhand.base.errors import EvenhandError, RecordError
from evenhand.base.storage.record import Record
from evenhand.base.storage.sealed_json import write_sealed
from evenhand.cli.app import app
from evenhand.reporting.chart_process import Drawing
from evenhand.reporting.record_contents import Gaps, read_evidence
from evenhand.reporting.write_html import rendered
from evenhand.testing import damage

Change = Callable[[dict], object]


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (
            "scores.json",
            lambda d: next(iter(d["scores"].values()))["oof"]["macro_f1"].update(n="many"),
            r"scores\..*\.oof\.macro_f1\.n",
        ),
        ("scores.json", lambda d: d["headline"].update(estimate=[]), r"holds \[\] at headline\.estimate"),
        (
            "scores.json",
            lambda d: d["usage"]["model0"].update(peak_memory=[]),
            r"holds \[\] at usage\.model0\.peak_memory: input should be an object",
        ),
        ("data.json", lambda d: d.update(classes=None), "holds null at classes"),
        ("data.json", lambda d: d.pop("kind"), "kind: field required"),
        ("folds.json", lambda d: d.update(k=10**30), "at k: "),
        ("skew.json", lambda d: d["classes"][0].update(rows={}), r"classes\.0\.rows"),
        ("examination.json", lambda d: d.update(passed="EH101"), "at passed: "),
        ("environment.json", lambda d: d.update(packages=3), "at packages: "),
        ("evaluation.json", lambda d: d["audit"].pop("metric"), "at audit.metric: field required"),
        ("evaluation.json", lambda d: d["entries"][0]["confusion"].pop(), "confusions of oof are not 5 by 5"),
        ("evaluation.json", lambda d: d["entries"][1]["per_class"][2]["f1"].pop("n"), "f1.n: field required"),
        ("nested_evaluation.json", lambda d: d["rows"][0].update(nested=[]), r"holds \[\] at rows\.0\.nested"),
        ("nested_evaluation.json", lambda d: d.pop("best"), "best: field required"),
        ("ensemble.json", lambda d: d["equal"].update(weights=["x"]), r"at equal\.weights\.0"),
        (
            "balance.json",
            lambda d: d[0]["classes"][0].update(natural=None),
            r"holds null at 0\.classes\.0\.natural",
        ),
        ("reading.json", lambda d: d[0].update(n=0), "acted on 20 rows of 0"),
    ],
)
def test_the_key_is_named(record: Record, name: str, change: Change, words: str) -> None:
    document = record.json(name)
    change(document)
    record.write_json(name, document)
    with pytest.raises(RecordError, match=rf"{name}: holds .*{words}|{name}: .*{words}"):
        record.json(name)


def test_a_report_stands_without_what_its_description_lets_be_missing(record: Record) -> None:
    document = record.json("scores.json")
    document.pop("seconds")
    document["usage"] = {"a": {}, "b": {"device": "NVIDIA L4", "peak_memory": {}}}
    record.write_json("scores.json", document)
    assert "b NVIDIA L4." in rendered(record)


@pytest.mark.parametrize("raw", [b'{"k": NaN}', b'{"k": 1e999}', b'{"k": 1' + b"0" * 5000 + b"}", b"[" * 100_000])
def test_numbers_and_depths_that_json_does_not_have_are_refused(record: Record, raw: bytes) -> None:
    (record.path / "manifest.jsonl").unlink()
    (record.path / "evaluation.json").write_bytes(raw)
    with pytest.raises(RecordError, match=r"evaluation\.json: (is not JSON|holds a number beyond)"):
        record.json("evaluation.json")


OTHERS = ("audit.json", "ablation.json", "neighbours.json", "code_bits.json")


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("document", [{"metric": 1}, [{"model": "m"}], "text", [[]], {"rows": [{}]}])
def test_documents_of_another_shape_are_named_by_the_report(record: Record, name: str, document: Any) -> None:
    record.write_json(name, document)
    with pytest.raises(RecordError, match=rf"{name}: holds "):
        rendered(record)


@pytest.mark.parametrize("value", [10**400, -(2**1024)])
def test_whole_numbers_beyond_floats_and_depths_are_refused(record: Record, value: int) -> None:
    (record.path / "manifest.jsonl").unlink()
    (record.path / "notes.json").write_text(json.dumps({"a": [value]}), encoding="utf-8")
    with pytest.raises(RecordError, match=r"notes\.json: holds a number beyond the range .* at a\.0"):
        record.json("notes.json")
    (record.path / "notes.json").write_text("[" * 66 + "]" * 66, encoding="utf-8")
    with pytest.raises(RecordError, match="is nested more than 64 levels deep, at 0\\.0"):
        record.json("notes.json")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave charts out: a process draws them, which has its own tests and takes most of the time of a report."""
    monkeypatch.setattr(Drawing, "svg", lambda self, spec: f"<svg>{len(json.dumps(spec))}</svg>")
    monkeypatch.setattr(Drawing, "start", lambda self: None)


@pytest.mark.usefixtures("undrawn")
def test_a_damaged_record_without_checksums_is_reported_or_refused_in_words(record: Record) -> None:
    (record.path / "manifest.jsonl").unlink()
    rng, ways = np.random.default_rng(0), (*damage.EVERY, *damage.DOCUMENT, damage.odd_types, damage.odd_types)
    files = [path for path in sorted(record.path.iterdir()) if path.suffix in (".json", ".jsonl", ".toml", ".csv")]
    said = []
    for number in range(150):
        file, way = files[number % len(files)], ways[int(rng.integers(len(ways)))]
        raw = file.read_bytes()
        file.write_bytes(way(raw, rng))
        try:
            rendered(record)
        except EvenhandError as error:
            said.append((file.name, str(error)))
        file.write_bytes(raw)
    assert len(said) > 50
    assert all(name in words for name, words in said if name != "data.json")


def test_with_checksums_every_damage_is_noticed(record: Record) -> None:
    rng = np.random.default_rng(0)
    for name in ("scores.json", "data.json", "evaluation.json", "balance.json"):
        raw = (record.path / name).read_bytes()
        for way in (damage.flip, damage.cut, damage.odd_types):
            changed = way(raw, rng)
            (record.path / name).write_bytes(changed)
            if changed != raw:
                with pytest.raises(RecordError, match="does not match its checksum"):
                    record.json(name)
        (record.path / name).write_bytes(raw)
        assert json.loads(raw) == record.json(name)


@pytest.mark.parametrize("name", ["samples.parquet", "folds.csv", "folds.json"])
def test_a_report_is_not_written_without_the_rows_or_folds_that_are_damaged(record: Record, name: str) -> None:
    (record.path / name).write_bytes(b"x" + (record.path / name).read_bytes())
    with pytest.raises(RecordError, match=name):
        read_evidence(Record.open(record.path))


@pytest.mark.parametrize("name", ["environment.json", "examination.json"])
def test_a_report_names_what_is_missing_from_its_record(record: Record, name: str) -> None:
    assert "Missing from this record" not in rendered(record)
    (record.path / name).unlink()
    words = " ".join(rendered(record).split())
    assert f"though the run wrote it, so that this report leaves out what it holds: {name}." in words


@pytest.mark.usefixtures("undrawn")
def test_what_a_report_says_of_its_record_is_said_on_the_terminal_too(record: Record) -> None:
    for folder in record.path.glob("models/*/*/*"):
        write_sealed(folder / "task.json", {}, [])
    copied = CliRunner(env={"COLUMNS": "400"}).invoke(app, ["report", str(record.path)])
    assert (copied.exit_code, "missing" in copied.output) == (0, False), copied.output
    raw = (record.path / "environment.json").read_bytes()
    (record.path / "environment.json").unlink()
    done = CliRunner(env={"COLUMNS": "400"}).invoke(app, ["report", str(record.path)])
    assert done.exit_code == 1
    assert f"{record.path}: missing, though the run wrote it: environment.json." in done.output
    (record.path / "environment.json").write_bytes(raw)
    words = " ".join(rendered(record, gaps=Gaps(damaged=("models/m/fold0/seed0/codes.parquet",))).split())
    assert "<strong>Damaged in this record</strong>: models/m/fold0/seed0/codes.parquet." in words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"epoch": None}, "holds null at 1.epoch"),
        ({"epoch": "x"}, "holds 'x' at 1.epoch"),
        ({"train_loss": []}, r"holds \[\] at 1.train_loss"),
        (
            {"sets": {"train": {"share": [1.0], "recall": [1.0, 0.5]}}},
            "figures are of different numbers of classes",
        ),
    ],
)
def test_a_line_of_a_log_that_is_none_is_named(record: Record, change: dict[str, Any], words: str) -> None:
    path = record.task_folder("model0", 1, 0) / "epochs.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines[1] |= change
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    with pytest.raises(
        RecordError, match=rf"model0/fold1/seed0/epochs\.jsonl: holds .*{words}|epochs\.jsonl: {words}"
    ):
        record.epochs()

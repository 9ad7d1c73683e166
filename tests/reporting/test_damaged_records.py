"""Documents of a record that hold something else: the file and the key are named, and a report is never half."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from evenhand.base.errors import RecordError
from evenhand.base.storage.record import Record
from evenhand.reporting.record_contents import read_evidence
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
        ("data.json", lambda d: d.update(classes=None), "holds null at classes"),
        ("data.json", lambda d: d.pop("kind"), "kind: field required"),
        ("folds.json", lambda d: d.update(k=10**30), "at k: "),
        ("skew.json", lambda d: d["classes"][0].update(rows={}), r"classes\.0\.rows"),
        ("examination.json", lambda d: d.update(passed="EH101"), "at passed: "),
        ("environment.json", lambda d: d.update(packages=3), "at packages: "),
    ],
)
def test_the_key_is_named(record: Record, name: str, change: Change, words: str) -> None:
    document = record.json(name)
    change(document)
    record.write_json(name, document)
    with pytest.raises(RecordError, match=rf"{name}: holds .*{words}|{name}: .*{words}"):
        record.json(name)


@pytest.mark.parametrize("raw", [b'{"k": NaN}', b'{"k": 1e999}', b'{"k": 1' + b"0" * 5000 + b"}", b"[" * 100_000])
def test_numbers_and_depths_that_json_does_not_have_are_refused(record: Record, raw: bytes) -> None:
    (record.path / "manifest.jsonl").unlink()
    (record.path / "evaluation.json").write_bytes(raw)
    with pytest.raises(RecordError, match=r"evaluation\.json: (is not JSON|holds a number beyond)"):
        record.json("evaluation.json")


def test_contents_of_a_damaged_record_without_checksums_are_read_or_refused_in_words(record: Record) -> None:
    (record.path / "manifest.jsonl").unlink()
    rng, ways = np.random.default_rng(0), (*damage.EVERY, *damage.DOCUMENT, damage.odd_types, damage.odd_types)
    files = [path for path in sorted(record.path.iterdir()) if path.suffix in (".json", ".jsonl", ".toml", ".csv")]
    said = []
    for number in range(150):
        file, way = files[number % len(files)], ways[int(rng.integers(len(ways)))]
        raw = file.read_bytes()
        file.write_bytes(way(raw, rng))
        try:
            read_evidence(record)
        except RecordError as error:
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

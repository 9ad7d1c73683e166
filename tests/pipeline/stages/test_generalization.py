from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evenhand.base.errors import ConfigError, DataError
from evenhand.base.storage.record import Record
from evenhand.data.roots.root import root_of
from evenhand.data.store.store import Store
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.pipeline.stages.generalization import generalization_samples
from evenhand.pipeline.stages.source import DataSource, fingerprint, read
from evenhand.pipeline.verbs.run import open_record
from evenhand.settings.load import Settings, load
from evenhand.testing.beats import write_record
from evenhand.testing.kinds import generate

MARKS = [(200 * at, "NVA"[at % 3]) for at in range(1, 16)]


def records(folder: Path, *names: str, shift: int = 0) -> Path:
    for number, name in enumerate(names):
        write_record(folder, name, [(at + 3 * number + shift, symbol) for at, symbol in MARKS])
    return folder


def settings(tmp_path: Path, further: dict[str, Any], **data: Any) -> Settings:
    return load({
        "output": str(tmp_path / "runs"),
        "data": {"kind": "beats", "root": str(tmp_path / "first"), "generalization": further, **data},
        "model": [{"name": "m", "encoder": "resnet1d", "tune": "all"}],
        "compute": {"store": str(tmp_path / "store"), "workers": 0},
    })  # fmt: skip


def source(tmp_path: Path, further: dict[str, Any], **data: Any) -> DataSource:
    records(tmp_path / "first", "a", "b")
    return read(settings(tmp_path, further, **data), Silent())


def test_a_second_set_is_read_encoded_and_kept_in_the_record(tmp_path: Path) -> None:
    records(tmp_path / "second", "x", shift=17)
    found = source(tmp_path, {"root": str(tmp_path / "second")})
    assert found.generalization is not None
    assert len(found.samples) == 30
    assert len(found.generalization.samples) == 15
    assert found.generalization.samples.classes == found.samples.classes
    record = open_record(settings(tmp_path, {"root": str(tmp_path / "second")}), found, "", fresh=True)
    again = Record.open(record.path)
    kept = again.generalization()
    assert kept is not None
    assert list(kept.ids) == list(found.generalization.samples.ids)
    np.testing.assert_array_equal(kept.labels, found.generalization.samples.labels)
    entry = Store(tmp_path / "store").open(again.data()["encoded_generalization"]["m"])
    assert entry["signal"][kept.frame["eh:row"]].shape == (15, 1, 144)
    assert len(Store(tmp_path / "store").open(again.data()["encoded"]["m"])) == 30


def test_without_one_there_is_none(tmp_path: Path) -> None:
    records(tmp_path / "first", "a", "b")
    own = load({
        "output": str(tmp_path / "runs"),
        "data": {"kind": "beats", "root": str(tmp_path / "first")},
        "compute": {"store": str(tmp_path / "store")},
    })  # fmt: skip
    found = read(own, Silent())
    assert found.generalization is None
    record = open_record(own, found, "", fresh=True)
    assert record.generalization() is None
    assert "encoded_generalization" not in record.data()
    said: list[str] = []
    heard = Silent()
    heard.message = said.append  # type: ignore[method-assign]
    assert open_record(own, found, "", fresh=False, watcher=heard) == record
    assert said == [
        f"{record.path}: an unfinished run of this configuration is resumed (--fresh starts a new one)."
    ]


def test_classes_are_those_of_the_first_set(tmp_path: Path) -> None:
    write_record(tmp_path / "second", "x", [(at, {"A": "F"}.get(symbol, symbol)) for at, symbol in MARKS])
    found = source(tmp_path, {"root": str(tmp_path / "second")})
    assert found.generalization is not None
    assert found.generalization.samples.classes == ("N", "S", "V")
    assert found.generalization.samples.counts().tolist() == [5, 0, 5]
    said = next(f for f in found.findings if f.code == "EH107")
    assert '5 rows have classes that the training data lack ("F") and were left out' in said.message


def test_what_is_not_given_is_as_in_the_first_set(tmp_path: Path) -> None:
    write_record(tmp_path / "second", "x", [(at + 1, {"A": "F"}.get(symbol, symbol)) for at, symbol in MARKS])
    found = source(tmp_path, {"root": str(tmp_path / "second")}, rename={"S": "other", "F": "other"})
    assert found.generalization is not None
    assert found.generalization.samples.counts().tolist() == [5, 5, 5]


def test_rows_of_both_sets_are_left_out_of_the_second(tmp_path: Path) -> None:
    records(tmp_path / "second", "a")
    records(tmp_path / "second", "x", shift=17)
    found = source(tmp_path, {"root": str(tmp_path / "second")})
    assert found.generalization is not None
    assert set(found.generalization.samples.frame["record"]) == {"x"}
    said = next(f for f in found.findings if f.code == "EH105")
    assert "15 of 30 rows of data.generalization have the same bytes" in said.message
    with pytest.raises(DataError, match="no rows are left"):
        read(settings(tmp_path, {}), Silent())


def test_a_person_in_both_sets_of_one_table_is_told(tmp_path: Path) -> None:
    records(tmp_path / "first", "a", "b", "c")
    table = "record,person,set\na,p1,one\nb,p2,one\nc,p1,two\n"
    (tmp_path / "first" / "t.csv").write_text(table, encoding="utf-8")
    keys = {"table": "t.csv", "group": "person"}
    own = settings(tmp_path, {**keys, "only": {"set": ["two"]}}, **keys, only={"set": ["one"]})
    found = read(own, Silent())
    said = next(f for f in found.findings if f.code == "EH106")
    assert said.severity == "error"
    assert '1 group is both in the training data and in data.generalization ("p1")' in said.message


def test_the_second_set_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    records(tmp_path / "second", "x", shift=17)
    found = source(tmp_path, {"root": str(tmp_path / "second")})
    assert found.generalization is not None
    resolved = settings(tmp_path, {"root": str(tmp_path / "second")}).resolved()
    with_it, without = (fingerprint(resolved, found.samples, f) for f in (found.generalization.samples, None))
    assert with_it != without


def test_an_unknown_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="data.generalization.rot"):
        settings(tmp_path, {"rot": "x"})


def test_photos_have_a_second_set_too(tmp_path: Path) -> None:
    first = generate("photos", tmp_path / "first", rows=24)
    generate("photos", tmp_path / "second", rows=24, seed=1)
    further = {"root": str(tmp_path / "second"), "table": "labels.csv", "group": "series"}
    store = f'compute.store="{tmp_path / "store"}"'
    own = load({**tomllib.loads(first.toml.read_text(encoding="utf-8")), "data": {
        "kind": "photos", "root": str(tmp_path / "first"), "table": "labels.csv", "label": "class",
        "generalization": further,
    }}, changes=[store])  # fmt: skip
    found = read(own, Silent())
    assert found.generalization is not None
    assert found.generalization.samples.classes == found.samples.classes
    (entry,) = found.generalization.entries.values()
    assert entry["image"].shape == (24, 64, 64, 3)


def test_classes_of_a_second_set_that_the_first_merges_are_merged_too(tmp_path: Path) -> None:
    for name, count in {
        "first/a": 5,
        "first/b": 5,
        "first/c": 1,
        "first/d": 2,
        "second/a": 1,
        "second/c": 2,
    }.items():
        for at in range(count):
            (tmp_path / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / name / f"{at}.jpg").write_text(f"{name} {at}")
    (tmp_path / "second" / "never seen").mkdir()
    (tmp_path / "second" / "never seen" / "0.jpg").write_text("new")
    loaded = load({
        "data": {
            "root": str(tmp_path / "first"), "min_count": 3, "min_count_action": "merge", "merged": "rest",
            "generalization": {"root": str(tmp_path / "second")},
        },
        "model": [{"name": "m", "encoder": "package:efficientnet-lite0"}],
    })  # fmt: skip
    first, _ = loaded.kind.samples(root_of(loaded.data), loaded.data, loaded.kind_config)
    found = generalization_samples(loaded.kind, loaded, first)
    assert found is not None
    _, second, findings = found
    assert second.classes == first.classes == ("a", "b", "rest")
    assert np.bincount(second.labels).tolist() == [1, 0, 3]
    assert not findings

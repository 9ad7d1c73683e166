"""A record from somebody else chooses neither where its reader deletes nor what the reader's store forgets."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tomlkit

import evenhand
from evenhand.base.storage.record import Record
from evenhand.data.store.marker import MARKER
from evenhand.data.store.store import Store
from evenhand.pipeline.stages.source import readers_store
from evenhand.testing.kinds import generate

NAME = "0123456789abcdef" * 2


def put(store: Store, name: str, count: int = 1_000_000) -> None:
    store.rows({"name": name}, ["a"], lambda row: {"x": np.ones(count, np.uint8)})


def test_reading_never_makes_the_own_store_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(Store(tmp_path), "a")
    assert readers_store(tmp_path).limit_bytes == 20_000_000_000
    monkeypatch.setattr(Store, "usage", lambda _: pd.DataFrame({"bytes": [30_000_000_000, 5]}))
    assert readers_store(tmp_path).limit_bytes == 30_000_000_005


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a record whose configuration names a folder of its reader as the store, and that folder."""
    home = tmp_path_factory.mktemp("stranger")
    data = generate("photos", home / "data", rows=60).toml.parent
    config = {
        "output": str(home / "runs"),
        "data": {"root": str(data), "table": "labels.csv", "label": "class", "group": "series"},
        "folds": {"k": 2},
        "photos": {"size": 32},
        "model": [{"name": "a", "encoder": "small", "tune": "head"}, {"name": "b", "encoder": "small"}],
        "ensemble": {"methods": ["neighbours"]},
        "train": {"epochs": 1, "batch_size": 32},
        "compute": {"store": str(home / "store"), "workers": 1},
        "evaluate": {"draws": 200},
    }
    record = evenhand.run(config).path
    precious = home / "precious"
    for name in ("building/thesis.trash", "building/photos", f"building/{NAME}.12345678.trash", "entries/2024"):
        (precious / name).mkdir(parents=True)
        (precious / name / "only copy.txt").write_text("years of work")
    (precious / "building" / "photos.lock").touch()
    shutil.copytree(home / "store" / "entries", precious / "entries", dirs_exist_ok=True)
    shutil.copy(home / "store" / MARKER, precious / MARKER)  # with it the rows are read from there, and no more
    asked = tomlkit.parse((record / "resolved.toml").read_text())
    asked["compute"] |= {"store": str(precious), "store_limit_gb": 0.000_000_1}  # type: ignore[operator]
    Record(record).write_text("resolved.toml", tomlkit.dumps(asked))
    shutil.rmtree(home / "store")
    return record, precious


@pytest.mark.slow
def test_nothing_is_deleted_and_nothing_is_evicted(stranger: tuple[Path, Path], tmp_path: Path) -> None:
    record, precious = stranger
    own = Store(tmp_path / "own")
    put(own, "mine")
    before = {path: path.stat().st_mtime_ns for path in precious.rglob("*")}
    evenhand.predict(record, record.parents[1] / "data", model="ensemble:neighbours", store=own.folder)
    evenhand.audit(record, model="a", refit=True, parts=2, store=own.folder)
    evenhand.ensemble(record, methods=["neighbours"], store=own.folder)
    evenhand.report(record)
    assert {path: path.stat().st_mtime_ns for path in precious.rglob("*")} == before
    assert {"name": "mine"} in list(own.usage()["key"])
    assert len(own.usage()) > 1, "what was decoded went into the reader's own store"


@pytest.mark.slow
def test_a_report_shows_no_picture_of_other_files(stranger: tuple[Path, Path], tmp_path: Path) -> None:
    record = tmp_path / "record"
    shutil.copytree(stranger[0], record)
    assert "data:image/jpeg" in evenhand.report(record).read_text()
    private = tmp_path / "private"
    shutil.copytree(stranger[0].parents[1] / "data", private)
    files = [path for path in sorted(private.rglob("*")) if path.suffix in (".jpg", ".png")]
    for path, raw in zip(files, [path.read_bytes() for path in files[1:]] + [files[0].read_bytes()], strict=True):
        path.write_bytes(raw)
    asked = tomlkit.parse((record / "resolved.toml").read_text())
    asked["data"]["root"] = str(private)  # type: ignore[index]
    (record / "resolved.toml").write_text(tomlkit.dumps(asked))
    (record / "manifest.jsonl").unlink()  # who changes a record on purpose can give it checksums that are right
    assert "data:image/jpeg" not in evenhand.report(record).read_text()

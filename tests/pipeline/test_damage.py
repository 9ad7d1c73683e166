"""Damaged files of a record, with and without checksums: a sentence each, and no figure changed without a word."""

from __future__ import annotations

import json
import shutil
import tomllib
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import evenhand
from evenhand.base.storage.manifest import read_manifest
from evenhand.base.storage.record import Record
from evenhand.base.storage.record_folder import INPUTS
from evenhand.pipeline.resuming.resumable import RESULTS
from evenhand.testing import damage
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.slow
FIRST = "20200101_000000"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a finished record, and a second one of the same run."""
    folder = tmp_path_factory.mktemp("damage")
    made = generate("photos", folder / "data", rows=60)
    asked = tomllib.loads(made.toml.read_text(encoding="utf-8"))
    asked["data"]["root"] = str(made.root.path)
    asked["model"] = [{"name": "a", "encoder": "small", "tune": "all"}]
    changes = ["folds.k=2", "train.epochs=1", "compute.workers=0", "photos.size=32", "evaluate.draws=200"]
    places = [f"output={folder / 'runs'}", f"compute.store={folder / 'store'}"]
    record = evenhand.run(asked, changes=[*changes, *places]).path
    shutil.copytree(record, folder / "runs" / FIRST)
    return record.parent


def verbs(record: Path, other: Path, scratch: Path) -> dict[str, Callable[[], object]]:
    return {
        "runs": lambda: evenhand.runs(record.parent),
        "evaluate": lambda: evenhand.evaluate(record, ["macro_f1"], draws=50),
        "doctor": lambda: evenhand.doctor(record),
        "verify": lambda: evenhand.verify(record),
        "curves": lambda: evenhand.learning_curves(record),
        "journal": lambda: evenhand.journal(record, file=scratch / "EXPERIMENTS.md"),
        "compare": lambda: evenhand.compare(record, other, draws=50),
        "rank": lambda: evenhand.rank(record, other, draws=50),
        "ensemble": lambda: evenhand.ensemble(record, other),
        "audit": lambda: evenhand.audit(record),
        "report": lambda: evenhand.report(record),
    }


def files_of(record: Path) -> list[Path]:
    left_out = {".lock", "report.html", "manifest.jsonl"}
    return [path for path in sorted(record.rglob("*")) if path.is_file() and path.name not in left_out]


def without_checksums(record: Path) -> None:
    """Make a record one of an older version."""
    (record / "manifest.jsonl").unlink()
    for path in record.glob("models/*/*/*/task.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(
            json.dumps({key: value for key, value in document.items() if key not in ("seal", "checksums")})
        )


def test_damage_without_checksums_is_said_in_words(
    output: Path, tmp_path: Path, size: Callable[[int, int], int]
) -> None:
    (record,) = [path for path in output.iterdir() if path.name != FIRST]
    shutil.copytree(record, tmp_path / "runs" / record.name)
    record = tmp_path / "runs" / record.name
    without_checksums(record)
    files, rng = files_of(record), np.random.default_rng(0)
    ways = (*damage.EVERY, *damage.DOCUMENT, damage.odd_types, damage.odd_types)
    asked, broken = verbs(record, output / FIRST, tmp_path), []
    for number in range(size(120, 4000)):
        file, way = files[number % len(files)], ways[int(rng.integers(len(ways)))]
        verb = list(asked)[int(rng.integers(len(asked)))]
        raw = file.read_bytes()
        file.write_bytes(way(raw, rng))
        (tmp_path / "EXPERIMENTS.md").unlink(missing_ok=True)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                asked[verb]()
        except evenhand.EvenhandError:
            pass
        except Exception as error:
            broken.append(f"{number}: {verb}, {way.__name__} {file.name}: {type(error).__name__}: {error}")
        file.write_bytes(raw)
    assert not broken, "\n".join(broken)


def test_a_flipped_bit_changes_no_figure_without_a_word(
    output: Path, tmp_path: Path, size: Callable[[int, int], int]
) -> None:
    (record,) = [path for path in output.iterdir() if path.name != FIRST]
    sound, rng, silent = evenhand.evaluate(output / FIRST, ["macro_f1"], draws=50), np.random.default_rng(1), []
    whole = [path for path in files_of(record) if path.parent == record]
    for number in range(size(40, 1000)):
        file = whole[number % len(whole)]
        raw = bytearray(file.read_bytes())
        raw[int(rng.integers(len(raw)))] ^= 1 << int(rng.integers(8))
        before = file.read_bytes()
        file.write_bytes(raw)
        assert file.name in set(evenhand.verify(record).damaged["file"])
        try:
            found = evenhand.evaluate(record, ["macro_f1"], draws=50)
            if not found.table().equals(sound.table()):
                silent.append(file.name)
        except evenhand.EvenhandError as error:
            named = "does not match its checksum" in str(error) or "record format" in str(error)  # the first look
            silent += [] if named else [f"{file.name}: {error}"]
        file.write_bytes(before)
    assert not silent


def test_the_same_command_makes_a_finished_run_whole(output: Path) -> None:
    (record,) = [path for path in output.iterdir() if path.name != FIRST]
    asked = Record.open(record).resolved()
    sound = {name: (record / name).read_bytes() for name in ("predictions.parquet", "folds.csv")}
    (weights,) = record.glob("models/a/fold0/*/weights.safetensors")
    weights.write_bytes(weights.read_bytes()[:-1])
    shutil.rmtree(record / "models" / "a" / "fold1")
    (record / "evaluation.json").unlink()
    assert evenhand.run(asked).path == record
    assert evenhand.verify(record).damaged.empty
    assert sound == {name: (record / name).read_bytes() for name in sound}
    written = set(read_manifest(record).marks)
    assert written <= {*INPUTS, *RESULTS, "report.html"}, "losses of other files are not looked for"

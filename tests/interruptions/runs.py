"""Tiny runs with everything that is hard to resume, and what must be the same at their end."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from evenhand.base.storage.record import records
from evenhand.testing.kinds import generate

from .client import Commands, Ended

_PHOTOS = """
[data]
root = "photos"
table = "labels.csv"
label = "class"
group = "series"
[photos]
size = 32
"""
_BEATS = """
[data]
kind = "beats"
root = "beats"
table = "patients.csv"
group = "person"
rename = { F = "O" }
[beats]
leads = ["MLII"]
sampling_rate = 100
"""
_SMALL = """
[[model]]
name = "a"
encoder = "small"
tune = "all"
dropout = 0.2
"""
_EVERY = """
[evaluate]
draws = 200
logistic_regression = false
"""

CONFIGURATIONS: Mapping[str, str] = {
    "soup": _PHOTOS + _SMALL + """seeds = [0, 1]
  [model.train]
  soup = "uniform"
[[model]]
name = "b"
encoder = "small"
tune = "all"
  [model.train]
  augment = "geometry"
  mixup = 0.4
  ema = 0.9
""",
    "stages": _PHOTOS + """
[[model]]
name = "staged"
encoder = "timm:test_efficientnet"
pretrained = false
head = "mlp"
dropout = 0.2
  [[model.train.stage]]
  tune = "head"
  epochs = 2
  [[model.train.stage]]
  tune = "all"
  epochs = 2
""",
    "student": _PHOTOS + _SMALL + """
  [model.train]
  distill = { record = "teacher", model = "a", weight = 0.7 }
""",
    "beats": _BEATS + """
[[model]]
name = "wave"
encoder = "resnet1d"
tune = "all"
""",
}  # fmt: skip
"""Name -> the sections that differ."""

GOLDEN = 0.6180339887498949


def spread(number: int) -> float:
    """Return the place of a case, 0..1: any first so many of them lie evenly."""
    return (number + 1) * GOLDEN % 1.0


@dataclass(frozen=True)
class Undisturbed:
    """What a run left, and took: operations on files, seconds, and bytes of the disk."""

    bits: dict[str, str]
    operations: int
    seconds: float
    size: int


class Runs:
    """Data, configurations and the undisturbed runs, in one folder."""

    def __init__(self, folder: Path, commands: Commands) -> None:
        self.folder, self.commands, self.disk = folder, commands, folder / "disk"
        self.disk.mkdir(exist_ok=True)
        generate("photos", folder / "photos", rows=40)
        generate("beats", folder / "beats", rows=8)
        for name in CONFIGURATIONS:
            for workers in (0, 2):
                self._write(name, workers=workers)
        self._undisturbed: dict[str, Undisturbed] = {}

    def arguments(self, name: str, *, workers: int = 0) -> tuple[str, str]:
        """Return the command of a run."""
        return "run", f"{name}{workers}.toml"

    def expected(self, name: str) -> dict[str, str]:
        """Return what an undisturbed run leaves."""
        return self._run(name).bits

    def operations(self, name: str) -> int:
        """Return how many operations on files an undisturbed run takes."""
        return self._run(name).operations

    def seconds(self, name: str) -> float:
        """Return how long an undisturbed run took."""
        return self._run(name).seconds

    def size(self, name: str) -> int:
        """Return the bytes on the disk after an undisturbed run."""
        return self._run(name).size

    def _run(self, name: str) -> Undisturbed:
        if name not in self._undisturbed:
            if "teacher" in CONFIGURATIONS[name] and not (self.folder / "teacher").exists():
                self._finish("soup")
                # moved, as the disk may be one in memory by now
                shutil.move(records(self.disk / "runs")[0].path, self.folder / "teacher")
            done = self._finish(name)
            size = sum(path.stat().st_blocks * 512 for path in self.disk.rglob("*"))
            self._undisturbed[name] = Undisturbed(self.left(), done.operations, done.seconds, size)
            self.clear()
        return self._undisturbed[name]

    def _finish(self, name: str) -> Ended:
        self.clear()
        done = self.commands.call(*self.arguments(name), below=self.disk)
        assert done.code in (0, 1), done.err
        return done

    def left(self) -> dict[str, str]:
        """Return hashes of what the one record on the disk holds."""
        (record,) = records(self.disk / "runs")
        assert record.complete
        return bits(record.path)

    def clear(self) -> None:
        """Empty the disk."""
        for path in self.disk.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _write(self, name: str, *, workers: int) -> None:
        text = (
            f'output = "disk/runs"\n[folds]\nk = 2\n[train]\nepochs = 2\nbatch_size = 16\nearly_stop = 0\n{_EVERY}'
        )
        text += f'[compute]\nstore = "disk/store"\nworkers = {workers}\nthreads = 1\n{CONFIGURATIONS[name]}'
        (self.folder / f"{name}{workers}.toml").write_text(text, encoding="utf-8")


def bits(folder: Path) -> dict[str, str]:
    """Return file, or file and tensor -> hash of what was computed; the file of weights is in no order.

    Seconds, peak memory and the record's name, a time, are left out, with them checksums and pictures; so is the
    configuration, which says how many workers there were.
    """
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".safetensors":
            found |= {f"{name} {tensor}": array.tobytes() for tensor, array in load_file(path).items()}
        elif path.name in _TIMED:
            documents = [json.loads(line) for line in _TIMED[path.name](path.read_text("utf-8"))]
            found[name] = json.dumps([_timeless(document) for document in documents]).encode()
        elif path.is_file() and path.suffix != ".part":
            found[name] = b"" if path.name in _OTHERS else path.read_bytes()
    return {name: hashlib.blake2b(raw).hexdigest() for name, raw in found.items()}


_TIMED: Mapping[str, Callable[[str], list[str]]] = {
    "epochs.jsonl": str.splitlines,
    **dict.fromkeys(("scores.json", "soup.json", "task.json"), lambda text: [text]),
}
_LEFT_OUT = ("seconds", "peak_memory", "record", "checksums", "seal")
_OTHERS = ("manifest.jsonl", "environment.json", "report.html", "config.toml", "resolved.toml")


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if key not in _LEFT_OUT}
    return [_timeless(item) for item in value] if isinstance(value, list) else value

"""The record: a run's folder, and the only place where a run leaves anything.

Everything in it is TOML, JSON, CSV, Parquet or safetensors, so opening a stranger's record runs no code.
Writing goes through a temporary file and a rename, so a reader never sees half a file.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import platform
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import pandas as pd
from cachetools import LRUCache

from evenhand.base.errors import FoldsError, RecordError
from evenhand.base.storage.atomic import json_lines, plain, replacing, to_json, write_json, write_text
from evenhand.base.storage.atomic_folder import building
from evenhand.base.storage.folds_csv import fold_lines, is_test, write_folds
from evenhand.base.text.toml_text import toml_document
from evenhand.base.values import TEST, Finding, Folds, Samples

ROW = "eh:row"
"""Column of the samples that holds each row's position in the store."""

_READ: LRUCache[str, tuple[tuple[int, int, int], Any]] = LRUCache(maxsize=16)
"""Path of a file of a record -> inode, time and size when it was read, and what it holds: verbs, rules and sections
of the report all ask for the same few files."""
_READING = RLock()  # the samples ask for data.json while they are read

_LABEL, _SOFT, _WEIGHT = "eh:label", "eh:label:", "eh:weight"
_PACKAGES = ("evenhand", "numpy", "pandas", "scipy", "scikit-learn", "torch", "torchvision", "timm")


@dataclass(frozen=True)
class Record:
    """A run's folder, opened.

    Parameters
    ----------
    path
        The folder. `Record.open` checks that it is one; `Record.create` makes a new one.
    """

    path: Path

    @classmethod
    def open(cls, path: str | Path) -> Record:
        """Return the record at `path`.

        Raises
        ------
        RecordError
            If there is no folder or it is not a record.
        """
        folder = Path(path)
        if not folder.is_dir():
            raise RecordError(f"{folder}: there is no such folder. Give the folder of a run, below runs/.")
        if not (folder / "resolved.toml").is_file():
            raise RecordError(f"{folder}: is not a record (it has no resolved.toml). Give the folder of a run.")
        return cls(folder)

    @classmethod
    def create(
        cls,
        output: Path,
        *,
        asked: str,
        resolved: Mapping[str, Any],
        data: Mapping[str, Any],
        samples: Samples | None = None,
        generalization: Samples | None = None,
    ) -> Record:
        """Make a new record below `output`, named by the time and the SLURM job if there is one.

        It is there with everything given, or not at all: it is written in a folder beside, which is renamed at the
        end, so that a full disk or a killed process leaves nothing that cannot be resumed.

        Parameters
        ----------
        asked
            The configuration as the user wrote it.
        resolved
            The whole configuration as plain values, defaults included.
        data
            What was read: kind, classes, levels, fingerprint.
        samples, generalization
            The rows, and those of the second set.

        Raises
        ------
        RecordError
            If nothing can be written below `output`.
        """
        job = os.environ.get("SLURM_JOB_ID", "")
        stem = datetime.now().strftime("%Y%m%d_%H%M%S") + (f"_j{job}" if job else "")
        try:
            with building(output) as folder:
                record = cls(folder)
                write_text(folder / "config.toml", asked)
                write_json(folder / "environment.json", environment())
                write_json(folder / "data.json", data)
                if samples is not None:
                    record.write_samples(samples)
                if generalization is not None:
                    record.write_generalization(generalization)
                write_text(folder / "resolved.toml", toml_document(resolved))
                return cls(_renamed(folder, output, stem))
        except OSError as error:
            raise RecordError(
                f"{output}: cannot be written ({error.strerror or error}). Make room there, or set output to a "
                "folder that can."
            ) from None

    # What was asked and read

    def resolved(self) -> dict[str, Any]:
        """Return the whole configuration as plain values.

        Raises
        ------
        RecordError
            If the file is not TOML.
        """
        return deepcopy(self._once("resolved.toml", self._read_resolved))

    def _read_resolved(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self._text("resolved.toml"))
        except tomllib.TOMLDecodeError as error:
            raise self._damaged("resolved.toml", f"is not TOML ({error})") from None

    def score_metrics(self) -> list[str]:
        """Return the names of the metrics of [score], in the order written."""
        return [str(name) for name in self.resolved().get("score", {})]

    def data(self) -> dict[str, Any]:
        """Return what was read: kind, root, classes, levels, rows, fingerprint.

        Raises
        ------
        RecordError
            If the file is not a JSON object.
        """
        document = self._once("data.json", lambda: self.json("data.json"))
        if not isinstance(document, dict):
            raise self._damaged("data.json", f"holds {type(document).__name__}, not an object")
        return deepcopy(document)

    def write_samples(self, samples: Samples) -> None:
        """Write samples.parquet: the frame, labels and weights."""
        self._write_samples("samples.parquet", samples)

    def write_generalization(self, samples: Samples) -> None:
        """Write samples_generalization.parquet, the second set, as `write_samples` does."""
        self._write_samples("samples_generalization.parquet", samples)

    def _write_samples(self, name: str, samples: Samples) -> None:
        frame = samples.frame.copy()
        if samples.multi_label:
            for c in range(samples.k):
                frame[f"{_SOFT}{c}"] = samples.labels[:, c]
        else:
            frame[_LABEL] = samples.labels
        if samples.weights is not None:
            frame[_WEIGHT] = samples.weights
        with replacing(self.path / name) as part:
            frame.to_parquet(part, index=False)

    def samples(self) -> Samples:
        """Return the samples of the run."""
        return self._samples("samples.parquet")

    def generalization(self) -> Samples | None:
        """Return the second set of the run, `[data.generalization]`, or None where it has none.

        Its column `eh:row` counts rows of the entries that `data()["encoded_generalization"]` names.
        """
        name = "samples_generalization.parquet"
        return self._samples(name) if self.has(name) else None

    def _samples(self, name: str) -> Samples:
        samples: Samples = self._once(name, lambda: self._read_samples(name))
        return samples

    def _read_samples(self, name: str) -> Samples:
        data = self.data()
        frame = self._parquet(name)
        soft = [name for name in frame.columns.astype(str) if name.startswith(_SOFT)]
        labels = frame[soft].to_numpy(np.float64) if soft else frame[_LABEL].to_numpy(np.int64)
        weights = frame[_WEIGHT].to_numpy(np.float64) if _WEIGHT in frame else None
        return Samples(
            frame=frame.drop(columns=[*soft, *(c for c in (_LABEL, _WEIGHT) if c in frame)]),
            classes=tuple(data["classes"]),
            labels=labels,
            weights=weights,
            levels={name: tuple(of) for name, of in data.get("levels", {}).items()},
            kind=data["kind"],
        )

    def write_folds(self, folds: Folds) -> None:
        """Write folds.csv (id, fold; locked rows say "test") and how they were made."""
        write_folds(folds, self.path / "folds.csv")
        write_json(self.path / "folds.json", {"k": folds.k, "how": dict(folds.how)})

    def folds(self) -> Folds:
        """Return the folds of the run.

        Raises
        ------
        RecordError
            If folds.csv or folds.json cannot be read.
        """
        folds: Folds = self._once("folds.csv", self._read_folds)
        return folds

    def _read_folds(self) -> Folds:
        path, about = self._file("folds.csv"), self.json("folds.json")
        try:
            lines = list(fold_lines(path))
            fold = np.array([TEST if is_test(of) else int(of) for _, _, of in lines], dtype=np.int16)
            ids = np.array([name for _, name, _ in lines], dtype=object)
            return Folds(ids, fold, k=about["k"], how=about["how"])
        except FoldsError as error:
            raise RecordError(str(error)) from None
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise self._damaged("folds.csv", f"does not hold folds ({_first_line(error)})") from None

    # What was found and made

    def write_findings(self, findings: Sequence[Finding]) -> None:
        """Write findings.jsonl, one finding a line."""
        lines = [to_json(finding.document()) for finding in findings]
        write_text(self.path / "findings.jsonl", "".join(f"{line}\n" for line in lines))

    def findings(self) -> list[Finding]:
        """Return the findings of the run, in their order.

        Raises
        ------
        RecordError
            If a line is not a finding.
        """
        if not self.has("findings.jsonl"):
            return []
        lines = json_lines(self._text("findings.jsonl"))
        try:
            return [Finding.from_document(json.loads(line)) for line in lines if line]
        except (AttributeError, TypeError, ValueError) as error:
            raise self._damaged("findings.jsonl", f"does not hold findings ({_first_line(error)})") from None

    def task_folder(self, model: str, fold: int, seed: int) -> Path:
        """Return the folder of one training task."""
        return self.path / "models" / model / f"fold{fold}" / f"seed{seed}"

    def epochs(self) -> pd.DataFrame:
        """Return what training wrote about every epoch: model, fold, seed, epoch, train_loss, score and more.

        Empty where nothing was trained. A line that a killed process left half written is passed over.
        """
        rows = []
        for path in sorted((self.path / "models").glob("*/fold*/seed*/epochs.jsonl")):
            fold, seed = path.parts[-3].removeprefix("fold"), path.parts[-2].removeprefix("seed")
            where = {"model": path.parts[-4], "fold": int(fold), "seed": int(seed)}
            rows += [{**where, **line} for line in epoch_lines(path)]
        return pd.DataFrame(rows)

    def write_predictions(self, table: pd.DataFrame) -> None:
        """Write predictions.parquet: model, set, id, fold, group, truth, predicted, confidence, p:CLASS."""
        with replacing(self.path / "predictions.parquet") as part:
            table.to_parquet(part, index=False)

    def predictions(self) -> pd.DataFrame:
        """Return the predictions of every model and ensemble of the run as one table."""
        return self._parquet("predictions.parquet")

    @property
    def finished(self) -> bool:
        """Whether everything is judged."""
        return self.has("scores.json")

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do: scores and report are written."""
        return self.finished and self.has("report.html")

    def has_rows(self, data: Mapping[str, Any]) -> bool:
        """Whether the rows that `data` speaks of are there, those of a second set too."""
        second = "encoded_generalization" in data
        return self.has("samples.parquet") and (not second or self.has("samples_generalization.parquet"))

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return (self.path / name).is_file()

    def json(self, name: str) -> Any:
        """Return one of the record's JSON documents.

        Raises
        ------
        RecordError
            If the file is not there or not JSON.
        """
        try:
            return json.loads(self._text(name))
        except json.JSONDecodeError as error:
            raise self._damaged(name, f"is not JSON (line {error.lineno})") from None
        except RecursionError:
            raise self._damaged(name, "is not JSON (nested too deeply)") from None

    def write_json(self, name: str, document: Any) -> None:
        """Write one of the record's JSON documents."""
        write_json(self.path / name, plain(document))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the record while it is worked on; another process that tries is told so.

        The operating system drops the lock with the process, so a killed run never blocks the next.
        """
        with (self.path / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RecordError(
                    f"{self.path}: another process is working on this record. Wait for it, or start a record "
                    "of its own with --fresh."
                ) from None
            yield

    def _once(self, name: str, read: Callable[[], Any]) -> Any:
        """Return what `read` makes of a file, which a process reads again only where it was written since."""
        path = self._file(name)
        stat = path.stat()
        key, version = str(path.resolve()), (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        with _READING:
            if key not in _READ or _READ[key][0] != version:
                _READ[key] = version, read()
            return _READ[key][1]

    def _file(self, name: str) -> Path:
        path = self.path / name
        if not path.is_file():
            raise RecordError(f"{self.path}: has no {name}. The run did not come that far; run it again.")
        return path

    def _text(self, name: str) -> str:
        try:
            return self._file(name).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise self._damaged(name, f"is not UTF-8 (byte {error.start})") from None

    def _damaged(self, name: str, what: str) -> RecordError:
        return RecordError(f"{self.path / name}: {what}. The record is damaged; restore the file or run it again.")

    def _parquet(self, name: str) -> pd.DataFrame:
        path = self._file(name)
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise RecordError(f"{path}: is not a Parquet table ({_first_line(error)}).") from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def epoch_lines(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the lines of an epochs.jsonl; what is not a JSON object is passed over."""
    out: list[dict[str, Any]] = []
    for text in json_lines(path.read_text(encoding="utf-8", errors="replace")):
        with contextlib.suppress(json.JSONDecodeError):
            if isinstance(line := json.loads(text), dict):
                out.append(line)
    return tuple(out)


def records(output: Path) -> list[Record]:
    """Return the records below `output`, oldest first; an empty list where there are none."""
    if not output.is_dir():
        return []
    found = sorted(output.glob("*/resolved.toml"))
    return [Record(path.parent) for path in found if not path.parent.name.startswith(".")]


def unfinished(output: Path, fingerprint: str) -> Record | None:
    """Return the newest unfinished record of the same configuration and data, or None.

    A record without its rows, or that is damaged, cannot be resumed and is passed over.
    """
    for record in reversed(records(output)):
        with contextlib.suppress(RecordError, KeyError):
            data = record.data()
            if not record.complete and data["fingerprint"] == fingerprint and record.has_rows(data):
                return record
    return None


def environment() -> dict[str, Any]:
    """Return where a run happens: time, Python, machine, versions of what matters."""
    versions = {}
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "command": sys.argv,
        "packages": versions,
    }


def _renamed(folder: Path, output: Path, stem: str) -> Path:
    """Return the first free name for a record that is complete, which the folder has from then on."""
    for attempt in range(100):
        path = output / (stem if attempt == 0 else f"{stem}_{attempt + 1}")
        if path.exists():
            continue
        try:
            folder.rename(path)
        except OSError as error:
            if error.errno in (errno.EEXIST, errno.ENOTEMPTY):  # another process was faster
                continue
            raise
        return path
    raise RecordError(f"{output}: a hundred records of the same second are there already.")

"""The record: a run's folder, and the only place a run writes to.

Everything in it is TOML, JSON, CSV, Parquet or safetensors, so opening somebody else's record runs no code.
Files are written under a temporary name and renamed, so a reader never sees half a file.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import IO, Any

import numpy as np
import pandas as pd
from cachetools import LRUCache

from evenhand.base.errors import FoldsError, RecordError
from evenhand.base.storage.atomic import json_lines, plain, replacing, to_json, write_json, write_text
from evenhand.base.storage.atomic_folder import building, renamed
from evenhand.base.storage.environment import environment
from evenhand.base.storage.folds_csv import families_of, fold_lines, fold_numbers, write_folds
from evenhand.base.storage.record_format import FORMAT, refuse_other_format
from evenhand.base.storage.samples_frame import samples_frame, samples_of
from evenhand.base.text.toml_text import toml_document
from evenhand.base.values import Finding, Folds, Samples

ROW = "eh:row"
"""Column of the samples that holds each row's position in the store."""

_READ: LRUCache[str, tuple[tuple[int, int, int], Any]] = LRUCache(maxsize=16)
"""Path of a file of a record -> its version (inode, mtime, size) and its parsed content. Verbs, rules and sections
of the report all read the same few files; a changed version invalidates the entry."""
_READING = RLock()  # reentrant: reading the samples reads data.json


@dataclass(frozen=True)
class Record:
    """A run's folder, `path`; `Record.open` checks that it is one, `Record.create` makes a new one."""

    path: Path

    @classmethod
    def open(cls, path: str | Path | Record) -> Record:
        """Return the record at `path`; a record itself is returned as it is.

        Raises
        ------
        RecordError
            If there is no folder, it is not a record, or another version of Evenhand wrote it.
        """
        if isinstance(path, Record):
            return path
        folder = Path(path)
        if not folder.is_dir():
            raise RecordError(f"{folder}: there is no such folder. Give the folder of a run, below runs/.")
        if not (folder / "resolved.toml").is_file():
            raise RecordError(f"{folder}: is not a record (it has no resolved.toml). Give the folder of a run.")
        refuse_other_format(folder)
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
        """Create a record below `output`, named by the time and the SLURM job if there is one.

        Creation is atomic: files are written to a hidden folder, which is renamed at the end, so that a full disk
        or a killed process leaves no record that cannot be resumed.

        Parameters
        ----------
        asked
            The configuration as the user wrote it.
        resolved
            The whole configuration as plain values, defaults included.
        data
            Description of the data: kind, classes, levels, fingerprint.
        samples, generalization
            The rows, and those of the second set.

        Raises
        ------
        RecordError
            If `output` cannot be written to.
        """
        job = os.environ.get("SLURM_JOB_ID", "")
        stem = datetime.now().strftime("%Y%m%d_%H%M%S") + (f"_j{job}" if job else "")
        try:
            with building(output) as folder:
                record = cls(folder)
                write_text(folder / "config.toml", asked)
                write_json(folder / "environment.json", {"record_format": FORMAT, **environment()})
                write_json(folder / "data.json", data)
                if samples is not None:
                    record.write_samples(samples)
                if generalization is not None:
                    record.write_generalization(generalization)
                write_text(folder / "resolved.toml", toml_document(resolved))
                return cls(renamed(folder, output, stem))
        except OSError as error:
            reason = error.strerror or error
            message = (
                f"{output}: cannot be written ({reason}). Make room there, or set output to a writable folder."
            )
            raise RecordError(message) from None

    # Configuration and data

    def resolved(self) -> dict[str, Any]:
        """Return the whole configuration as plain values.

        Raises
        ------
        RecordError
            If the file is not TOML.
        """
        # a copy, since callers may change it and the cache is shared
        return deepcopy(self._cached("resolved.toml", self._read_resolved))

    def _read_resolved(self) -> dict[str, Any]:
        refuse_other_format(self.path)
        try:
            return tomllib.loads(self._text("resolved.toml"))
        except tomllib.TOMLDecodeError as error:
            raise self._damaged("resolved.toml", f"is not TOML ({error})") from None

    def score_metrics(self) -> list[str]:
        """Return the names of the metrics of [score], in the order written."""
        return [str(name) for name in self.resolved().get("score", {})]

    def data(self) -> dict[str, Any]:
        """Return the description of the data: kind, root, classes, levels, rows, fingerprint.

        Raises
        ------
        RecordError
            If the file is not a JSON object.
        """
        return deepcopy(self._cached("data.json", self._read_data))

    def _read_data(self) -> dict[str, Any]:
        refuse_other_format(self.path)
        return self.object("data.json")

    def write_samples(self, samples: Samples) -> None:
        """Write samples.parquet: the frame, labels and weights."""
        self.write_table("samples.parquet", samples_frame(samples))

    def write_generalization(self, samples: Samples) -> None:
        """Write samples_generalization.parquet, the second set, as `write_samples` does."""
        self.write_table("samples_generalization.parquet", samples_frame(samples))

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
        samples: Samples = self._cached(name, lambda: self._read_samples(name))
        return samples

    def _read_samples(self, name: str) -> Samples:
        table, data = self.table(name), self.data()
        try:
            return samples_of(table, data)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._damaged(name, f"does not go with data.json ({_first_line(error)})") from None

    def write_folds(self, folds: Folds) -> None:
        """Write folds.csv (id, fold, families if any; locked rows say "test") and how they were made."""
        write_folds(folds, self.path / "folds.csv")
        write_json(self.path / "folds.json", {"k": folds.k, "how": dict(folds.how)})

    def folds(self) -> Folds:
        """Return the folds of the run.

        Raises
        ------
        RecordError
            If folds.csv or folds.json cannot be read.
        """
        folds: Folds = self._cached("folds.csv", self._read_folds)
        return folds

    def _read_folds(self) -> Folds:
        path, about = self._file("folds.csv"), self.json("folds.json")
        try:
            lines = list(fold_lines(path))
            fold = fold_numbers(of for _, _, of, _ in lines)
            ids = np.array([name for _, name, _, _ in lines], dtype=object)
            return Folds(ids, fold, k=about["k"], how=about["how"], families=families_of(lines))
        except FoldsError as error:
            raise RecordError(str(error)) from None
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise self._damaged("folds.csv", f"does not hold folds ({_first_line(error)})") from None

    # Findings and results

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
        """Return the log of every epoch: model, fold, seed, epoch, train_loss, score and more.

        Empty without training. A line that a killed process left half written is skipped.
        """
        rows = []
        for path in sorted((self.path / "models").glob("*/fold*/seed*/epochs.jsonl")):
            fold, seed = path.parts[-3].removeprefix("fold"), path.parts[-2].removeprefix("seed")
            where = {"model": path.parts[-4], "fold": int(fold), "seed": int(seed)}
            rows += [{**where, **line} for line in epoch_lines(path)]
        return pd.DataFrame(rows)

    def write_predictions(self, table: pd.DataFrame) -> None:
        """Write predictions.parquet: model, set, id, fold, group, truth, predicted, confidence, p:CLASS."""
        self.write_table("predictions.parquet", table)

    def predictions(self) -> pd.DataFrame:
        """Return the predictions of every model and ensemble of the run as one table."""
        return self.table("predictions.parquet")

    @property
    def finished(self) -> bool:
        """Whether everything is evaluated."""
        return self.has("scores.json")

    @property
    def complete(self) -> bool:
        """Whether the run has ended: scores and report are written."""
        return self.finished and self.has("report.html")

    def has_rows(self, data: Mapping[str, Any]) -> bool:
        """Return whether the rows that `data` describes are there, those of a second set too."""
        second = "encoded_generalization" in data
        return self.has("samples.parquet") and (not second or self.has("samples_generalization.parquet"))

    def has(self, name: str) -> bool:
        """Return whether a file exists."""
        return (self.path / name).is_file()

    def json(self, name: str) -> Any:
        """Return one of the record's JSON documents.

        Raises
        ------
        RecordError
            If the file is missing or not JSON.
        """
        try:
            return json.loads(self._text(name))
        except json.JSONDecodeError as error:
            raise self._damaged(name, f"is not JSON (line {error.lineno})") from None
        except RecursionError:
            raise self._damaged(name, "is not JSON (nested too deeply)") from None

    def object(self, name: str) -> dict[str, Any]:
        """Return a JSON document as `json` does; a `RecordError` also if it is not an object."""
        document = self.json(name)
        if not isinstance(document, dict):
            raise self._damaged(name, f"holds {type(document).__name__}, not an object")
        return document

    def write_json(self, name: str, document: Any) -> None:
        """Write one of the record's JSON documents."""
        write_json(self.path / name, plain(document))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the record while a process works on it; raises `RecordError` if another one holds the lock.

        The operating system releases the lock with the process, so a killed run never blocks the next.
        """
        with self._lock_file() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise RecordError(
                    f"{self.path}: another process is working on this record. Wait for it, or start a new record "
                    "with --fresh."
                ) from None
            yield

    def _lock_file(self) -> IO[str]:
        # Neither truncated nor through a link: in a record of somebody else it may lead to a file of the reader.
        try:
            descriptor = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise RecordError(f"{self.path}: its .lock is a link. Remove it.") from None
            raise
        return os.fdopen(descriptor, "r+")

    def _cached(self, name: str, read: Callable[[], Any]) -> Any:
        """Return the parsed content of a file; it is read again only if it changed since."""
        path = self._file(name)
        stat = path.stat()
        # A replaced file has another inode; one written in place, another time or size.
        key, version = str(path.resolve()), (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        # One lock for all files: readers of the same file wait for the first instead of parsing it again.
        with _READING:
            if key not in _READ or _READ[key][0] != version:
                _READ[key] = version, read()
            return _READ[key][1]

    def _file(self, name: str) -> Path:
        path = self.path / name
        if not path.is_file():
            raise RecordError(f"{self.path}: has no {name}. The run did not get that far; run it again.")
        return path

    def _text(self, name: str) -> str:
        try:
            return self._file(name).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise self._damaged(name, f"is not UTF-8 (byte {error.start})") from None

    def _damaged(self, name: str, what: str) -> RecordError:
        return RecordError(f"{self.path / name}: {what}. The record is damaged; restore the file or run it again.")

    def write_table(self, name: str, table: pd.DataFrame) -> None:
        """Write a table, NAME.parquet."""
        with replacing(self.path / name) as part:
            table.to_parquet(part, index=False)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table that `write_table` wrote."""
        path = self._file(name)
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise RecordError(f"{path}: is not a Parquet table ({_first_line(error)}).") from None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def epoch_lines(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the lines of an epochs.jsonl; lines that are not JSON objects are skipped."""
    out: list[Any] = []
    for text in json_lines(path.read_text(encoding="utf-8", errors="replace")):
        with contextlib.suppress(json.JSONDecodeError):
            out.append(json.loads(text))
    return tuple(line for line in out if isinstance(line, dict))


def records(output: Path) -> list[Record]:
    """Return the records below `output`, oldest first."""
    if not output.is_dir():
        return []
    found = sorted(output.glob("*/resolved.toml"))
    return [Record(path.parent) for path in found if not path.parent.name.startswith(".")]


def unfinished(output: Path, fingerprint: str) -> Record | None:
    """Return the newest unfinished record of the same configuration and data, or None.

    A record that is damaged or has no rows cannot be resumed and is skipped.
    """
    for record in reversed(records(output)):
        with contextlib.suppress(RecordError, KeyError):
            data = record.data()
            if not record.complete and data["fingerprint"] == fingerprint and record.has_rows(data):
                return record
    return None

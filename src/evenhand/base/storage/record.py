"""The record: a run's folder, and the only place a run writes to.

Everything in it is TOML, JSON, CSV, Parquet or safetensors, so opening somebody else's record runs no code.
Files are written under a temporary name and renamed, so a reader never sees half a file.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import FoldsError, RecordError
from evenhand.base.storage.documents.door import fault_of
from evenhand.base.storage.environment import environment
from evenhand.base.storage.files.atomic import json_lines, to_json
from evenhand.base.storage.files.atomic_folder import building, renamed
from evenhand.base.storage.files.folders import file_in_the_way
from evenhand.base.storage.files.links import refuse_link_out
from evenhand.base.storage.files.regular_file import read_regular_text
from evenhand.base.storage.folds_csv import families_of, fold_lines, fold_numbers, folds_csv
from evenhand.base.storage.manifest import MANIFEST, recording
from evenhand.base.storage.record_folder import AGAIN, RecordFolder, first_line
from evenhand.base.storage.record_format import CHECKSUMS, FORMAT, refuse_other_format
from evenhand.base.storage.samples_frame import samples_frame, samples_of
from evenhand.base.storage.sealed_json import SealError, check_listed, is_listed
from evenhand.base.text.toml_text import toml_document
from evenhand.base.values import Finding, Folds, Samples

ROW = "eh:row"
"""Column of the samples that holds each row's position in the store."""


_TASK = re.compile(r"fold([0-9]{1,9})/seed([0-9]{1,19})")


@dataclass(frozen=True)
class TaskFile:
    """A file of a training task: its path, and the model, fold and seed of the task."""

    path: Path
    model: str
    fold: int
    seed: int


@dataclass(frozen=True)
class Record(RecordFolder):
    """A run's folder, `path`; `Record.open` checks that it is one, `Record.create` makes a new one."""

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
                record.write_text("config.toml", asked)
                about = {"record_format": FORMAT, CHECKSUMS: MANIFEST, **environment()}
                record.write_json("environment.json", about)
                record.write_json("data.json", data)
                if samples is not None:
                    record.write_samples(samples)
                if generalization is not None:
                    record.write_generalization(generalization)
                record.write_text("resolved.toml", toml_document(resolved))
                return cls(renamed(folder, output, stem))
        except OSError as error:
            if (found := file_in_the_way(output)) is not None:
                raise RecordError(
                    f"{output}: records cannot be made there, as {found} is a file. Set output to a folder."
                ) from None
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
        return deepcopy(self.cached("resolved.toml", self._read_resolved))

    def _read_resolved(self) -> dict[str, Any]:
        refuse_other_format(self.path)
        try:
            document = tomllib.loads(self.text("resolved.toml"))
        except (
            ValueError,
            RecursionError,
        ) as error:  # damaged, nested too deeply, or a number of thousands of digits
            raise self.damaged("resolved.toml", f"is not TOML ({first_line(error)})") from None
        resolved: dict[str, Any] = self.described("resolved.toml", document)
        return resolved

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
        return deepcopy(self.cached("data.json", self._read_data))

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
        return self._samples(name) if self.wrote(name) else None

    def _samples(self, name: str) -> Samples:
        samples: Samples = self.cached(name, lambda: self._read_samples(name))
        return samples

    def _read_samples(self, name: str) -> Samples:
        table, data = self.table(name), self.data()
        try:
            return samples_of(table, data)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self.damaged(name, f"does not go with data.json ({first_line(error)})") from None

    def write_folds(self, folds: Folds) -> None:
        """Write folds.csv (id, fold, families if any; locked rows say "test") and how they were made."""
        with recording(self.path, "folds.csv") as part:
            folds_csv(folds, part)
        self.write_json("folds.json", {"k": folds.k, "how": dict(folds.how)})

    def folds(self) -> Folds:
        """Return the folds of the run.

        Raises
        ------
        RecordError
            If folds.csv or folds.json cannot be read.
        """
        folds: Folds = self.cached("folds.csv", self._read_folds)
        return folds

    def _read_folds(self) -> Folds:
        path, about = self.file("folds.csv"), self.json("folds.json")
        try:
            lines = list(fold_lines(path))
            fold = fold_numbers(of for _, _, of, _ in lines)
            ids = np.array([name for _, name, _, _ in lines], dtype=object)
            if len(set(ids)) < len(ids):
                raise ValueError("it names a row twice")
            return Folds(ids, fold, k=about["k"], how=about["how"], families=families_of(lines))
        except FoldsError as error:
            raise RecordError(str(error)) from None
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise self.damaged("folds.csv", f"does not hold folds ({first_line(error)})") from None

    # Findings and results

    def write_findings(self, findings: Sequence[Finding]) -> None:
        """Write findings.jsonl, one finding a line."""
        lines = [to_json(finding.document()) for finding in findings]
        self.write_text("findings.jsonl", "".join(f"{line}\n" for line in lines))

    def findings(self) -> list[Finding]:
        """Return the findings of the run, in their order.

        Raises
        ------
        RecordError
            If they are missing though they were written, or a line is not a finding.
        """
        if not self.wrote("findings.jsonl"):
            return []
        lines = json_lines(self.text("findings.jsonl"))
        try:
            documents = self.described("findings.jsonl", [json.loads(line) for line in lines if line])
            return [Finding.from_document(document) for document in documents]
        except (AttributeError, RecursionError, TypeError, ValueError) as error:
            raise self.damaged("findings.jsonl", f"does not hold findings ({first_line(error)})") from None

    def task_folder(self, model: str, fold: int, seed: int) -> Path:
        """Return the folder of one training task.

        Raises
        ------
        RecordError
            If it, or a file that belongs to it, lies outside of the record.
        """
        folder = self.path / "models" / model / f"fold{fold}" / f"seed{seed}"
        # frozen weights lie in the folder of the model, and a soup beside the seeds
        for place in (folder.parent.parent, folder, folder.parent / "soup"):
            refuse_link_out(place, self.path)
            with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        refuse_link_out(Path(entry.path), self.path)
        return folder

    def task_files(self, name: str) -> Iterator[TaskFile]:
        """Yield the files of a name in the folders of all tasks, in the order of models, folds and seeds as text.

        Files that a finished task lists but that are missing are included, so that reading them raises an error.

        Raises
        ------
        RecordError
            If one lies outside of the record.
        """
        folders = [self.path / "models"]
        for _ in ("model", "fold", "seed"):
            # not by a glob, which would look into what links lead to
            folders = [below for folder in folders for below in self._folders_in(folder)]
        for folder in folders:
            numbers = _TASK.fullmatch(f"{folder.parent.name}/{folder.name}")
            path = folder / name
            if numbers is not None and (path.is_file() or is_listed(path, "task.json")):
                refuse_link_out(path, self.path)
                yield TaskFile(path, folder.parts[-3], int(numbers[1]), int(numbers[2]))

    def _folders_in(self, folder: Path) -> list[Path]:
        refuse_link_out(folder, self.path)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir())
        return []

    def epochs(self) -> pd.DataFrame:
        """Return the log of every epoch: model, fold, seed, epoch, train_loss, score and more.

        Empty without training. A line that a killed process left half written is skipped.
        """
        rows = []
        for file in self.task_files("epochs.jsonl"):
            where = {"model": file.model, "fold": file.fold, "seed": file.seed}
            rows += [{**where, **line} for line in epoch_lines(file.path)]
        return pd.DataFrame(rows)

    def write_predictions(self, table: pd.DataFrame) -> None:
        """Write predictions.parquet: model, set, id, fold, group, truth, predicted, confidence, p:CLASS."""
        self.write_table("predictions.parquet", table)

    def predictions(self) -> pd.DataFrame:
        """Return the predictions of every model and ensemble of the run as one table.

        Raises
        ------
        RecordError
            If the file is missing or damaged, or lacks the columns by which rows are found.
        """
        table = self.table("predictions.parquet")
        lacking = [name for name in ("model", "set", "id") if name not in table]
        if lacking:
            raise self.damaged("predictions.parquet", f"has no column {lacking[0]}")
        return table

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


def epoch_lines(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the lines of an epochs.jsonl; lines that are not JSON objects are skipped.

    Raises
    ------
    RecordError
        If the task is done and lists another checksum of the file, or a line holds something else than logs do.
    """
    try:
        check_listed(path, "task.json")
    except SealError as error:
        raise RecordError(
            f"{path.with_name('task.json')}: {error}. Restore the file from a copy, or {AGAIN}."
        ) from None
    out: list[Any] = []
    for text in json_lines(read_regular_text(path, errors="replace")):
        with contextlib.suppress(ValueError, RecursionError):
            out.append(json.loads(text))
    lines = [line for line in out if isinstance(line, dict)]
    if fault := fault_of(path.name, lines):
        raise RecordError(
            f"{path}: {fault}. The log of this task is damaged; restore it from a copy, or delete it with the "
            "task.json beside it and run the same configuration again."
        )
    return tuple(lines)


def records(output: Path) -> list[Record]:
    """Return the records below `output`, oldest first; also those whose configuration is lost."""
    if not output.is_dir():
        return []
    found = {path.parent for name in ("resolved.toml", MANIFEST) for path in output.glob(f"*/{name}")}
    return [Record(folder) for folder in sorted(found) if not folder.name.startswith(".")]

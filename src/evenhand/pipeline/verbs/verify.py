"""`verify`: compare every file of a record, or every entry of a store, with its checksum."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.checksums import ends_with_checksum, has_mark
from evenhand.base.storage.files.links import leads_out
from evenhand.base.storage.manifest import MANIFEST, read_manifest
from evenhand.base.storage.record import Record
from evenhand.base.storage.record_folder import INPUTS, remedy
from evenhand.base.storage.record_format import manifest_is_lost, notes_checksums
from evenhand.base.storage.sealed_json import SealError, read_sealed
from evenhand.data.store.marker import MARKER, is_entry
from evenhand.data.store.space import ABOUT
from evenhand.data.store.verified import note_verified
from evenhand.pipeline.resuming.lost_tasks import LOST_TASK, lost_tasks
from evenhand.training.tasks.task_files import SOUP, TASK

SOUND, DAMAGED, MISSING, UNKNOWN = "sound", "damaged", "missing", "no checksum"

_AGAIN = "run the same configuration again: the task is done again, and what is sound is kept"
_LINE = "none: files that its damaged lines name have no checksum, or that of an earlier line"
_NO_MANIFEST = (
    "is missing, though it was written: the files that it listed, all but those of tasks, cannot be checked and "
    "are read as they are"
)
_RESTORE = "restore the file from a copy; without one, run the configuration with --fresh if you doubt its files"
_OUT, _COPY = "is a link that leads out of the folder", "replace the link that leads there by a copy"
_LOST = "is missing, though it was written"
_ENTRY = "none: it is made again when it is next needed"


@dataclass(frozen=True, eq=False)
class Verification:
    """What was found in a record or a store.

    Attributes
    ----------
    path
        Its folder.
    what
        "record" or "store".
    files
        A row per file: file, state ("sound", "damaged", "missing" or "no checksum"), reason, and what to do.
    """

    path: Path
    what: str
    files: pd.DataFrame

    @property
    def damaged(self) -> pd.DataFrame:
        """The files that are damaged or missing."""
        return self.files[self.files["state"].isin([DAMAGED, MISSING])]

    @property
    def unknown(self) -> pd.DataFrame:
        """The files that have no checksum: those of older versions, and logs of tasks that are not finished."""
        return self.files[self.files["state"] == UNKNOWN]

    def document(self) -> dict[str, Any]:
        """Return plain values."""
        return {"path": str(self.path), "what": self.what, "files": self.files.to_dict(orient="records")}

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {state}" for state, count in self.files["state"].value_counts().items())
        return f"Verification({self.what} {self.path}: {counts or 'no files'})"


def verify(path: str | Path) -> Verification:
    """Compare every file of a record, or every array of a store, with the checksum noted when it was written.

    Nothing is changed, except that a store notes which entries were found sound.

    Parameters
    ----------
    path
        The folder of a run, or of a store.

    Raises
    ------
    EvenhandError
        If it is neither.
    """
    folder = Path(path)
    if (folder / "resolved.toml").is_file() or (folder / MANIFEST).is_file():
        what, rows = "record", [*_of_record(folder)]
    elif (folder / MARKER).is_file() or (folder / "entries").is_dir():
        what, rows = "store", [*_of_store(folder)]
    else:
        raise EvenhandError(
            f"{folder}: is neither a record (it has no resolved.toml) nor a store (it has no {MARKER}). Give the "
            "folder of a run, below runs/, or that of a store (evenhand cache names it)."
        )
    return Verification(folder, what, pd.DataFrame(rows, columns=["file", "state", "reason", "to_do"]))


_Row = tuple[str, str, str, str]


def _of_record(folder: Path) -> Iterator[_Row]:
    manifest = read_manifest(folder)
    lost = [name for name in INPUTS if (folder / name).is_file() and name not in manifest.marks]
    if manifest_is_lost(folder):
        yield MANIFEST, MISSING, _NO_MANIFEST, _RESTORE
    elif lost and notes_checksums(folder):
        yield MANIFEST, DAMAGED, f"has lost the checksums of {', '.join(lost)}", _RESTORE
    for number in manifest.damaged_lines:
        yield MANIFEST, DAMAGED, f"line {number} is damaged", _LINE
    known = {MANIFEST, ".lock"}
    for name, marks in manifest.marks.items():
        known.add(name)
        yield _compared(folder, name, marks, remedy(folder, name))
    every = sorted(_paths(folder))
    for document in every:
        if document.name not in (TASK, SOUP) or document.relative_to(folder).parts[0] != "models":
            continue
        for row in _of_sealed(folder, document, _AGAIN):
            known.add(row[0])
            yield row
    yield from ((name, MISSING, LOST_TASK, _AGAIN) for name in lost_tasks(Record(folder)))
    for path in every:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() and name not in known and leads_out(path, folder):
            yield name, DAMAGED, _OUT, _COPY
            continue
        if not path.is_file() or name in known or path.name.endswith(".part"):
            continue
        if path.name == "state.pt":
            sound = ends_with_checksum(path)
            yield name, SOUND if sound else DAMAGED, "" if sound else "does not match its checksum", _AGAIN
        else:
            yield name, UNKNOWN, "", ""


def _paths(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder; links are not followed."""
    for place, folders, files in os.walk(folder):
        yield from (Path(place) / name for name in (*folders, *files))


def _of_store(folder: Path) -> Iterator[_Row]:
    if leads_out(folder / "entries", folder):
        yield "entries", DAMAGED, _OUT, _COPY
        return
    for entry in sorted((folder / "entries").glob("*")):
        if not is_entry(entry.name) or entry.is_symlink() or not entry.is_dir():
            continue
        if not os.path.lexists(entry / ABOUT):
            yield f"entries/{entry.name}/{ABOUT}", MISSING, _LOST, _ENTRY
            continue
        rows = [*_of_sealed(folder, entry / ABOUT, _ENTRY)]
        yield from rows
        if all(state == SOUND for _, state, _, _ in rows):
            note_verified(entry, read_sealed(entry / ABOUT).marks)


def _of_sealed(folder: Path, path: Path, to_do: str) -> Iterator[_Row]:
    """Yield a document, and the files that it lists."""
    name = path.relative_to(folder).as_posix()
    if leads_out(path, folder):
        yield name, DAMAGED, _OUT, _COPY
        return
    try:
        found = read_sealed(path)
    except SealError as error:
        yield name, DAMAGED, str(error), to_do
        return
    except OSError as error:
        yield name, DAMAGED, _unreadable(error), to_do
        return
    yield name, SOUND if found.sealed else UNKNOWN, "", ""
    for file, mark in found.marks.items():
        # not by `resolve`, which would follow links
        place = Path(os.path.relpath(path.parent / file, folder)).as_posix()
        yield _compared(folder, place, (mark,), to_do)


def _compared(folder: Path, name: str, marks: Any, to_do: str) -> _Row:
    if leads_out(folder / name, folder):
        return name, DAMAGED, _OUT, _COPY
    try:
        sound = has_mark(folder / name, *marks, anew=True)
    except FileNotFoundError:
        return name, MISSING, _LOST, to_do
    except OSError as error:
        return name, DAMAGED, _unreadable(error), to_do
    return (name, SOUND, "", "") if sound else (name, DAMAGED, "does not match its checksum", to_do)


def _unreadable(error: OSError) -> str:
    return f"cannot be read ({error.strerror or error})"

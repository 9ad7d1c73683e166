"""The steps of a change: each can be done and undone, again and again, from whatever state a kill has left.

Where a step stands is read off the files themselves, so that no journal can contradict them.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import replacing
from evenhand.base.storage.files.flush import flush_folder
from evenhand.base.storage.files.regular_file import UnreadableFileError, open_regular
from evenhand.data.roots.content_hash import file_hash
from evenhand.data.roots.folder_root import MOST_BYTES


class Step(Protocol):
    """One change of the file system.

    `do` and `undo` raise `OSError` where the system refuses, and `DataError` where the files are neither as before
    nor as after.
    """

    def do(self) -> None: ...

    def undo(self) -> None: ...

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that it touches."""

    def fault(self, *, done: bool) -> str | None:
        """Return what is not as it must be before the step, or after it with `done`; None if all is well."""


@dataclass(frozen=True)
class MakeFolder:
    """A new folder for a class, or for what was trashed."""

    path: str

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.path,)

    def do(self) -> None:
        folder = Path(self.path)
        if not folder.is_dir():
            folder.mkdir()
            flush_folder(folder.parent)

    def undo(self) -> None:
        folder = Path(self.path)
        # something else may lie there by now
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            flush_folder(folder.parent)

    def fault(self, *, done: bool) -> str | None:
        return None


@dataclass(frozen=True)
class MoveFile:
    """A file moved, within a file system or to another one; `content` is the hash of its bytes."""

    source: str
    target: str
    content: str

    @property
    def paths(self) -> tuple[str, ...]:
        return self.source, self.target

    def do(self) -> None:
        _move(Path(self.source), Path(self.target), self.content)

    def undo(self) -> None:
        _move(Path(self.target), Path(self.source), self.content)

    def fault(self, *, done: bool) -> str | None:
        here, there = (self.target, self.source) if done else (self.source, self.target)
        if os.path.lexists(there):
            return f"{there}: there is a file of this name by now."
        if not Path(here).is_file():
            return f"{here}: the file is gone."
        return None if _hash(Path(here)) == self.content else f"{here}: the file has changed."


@dataclass(frozen=True)
class ReplaceTable:
    """A table replaced by another, of which both versions are kept; hashes say which one is in place."""

    path: str
    before: str
    after: str
    before_content: str
    after_content: str

    @property
    def paths(self) -> tuple[str, ...]:
        return self.path, self.before, self.after

    def do(self) -> None:
        _replace(Path(self.path), Path(self.after), self.before_content, self.after_content)

    def undo(self) -> None:
        _replace(Path(self.path), Path(self.before), self.after_content, self.before_content)

    def fault(self, *, done: bool) -> str | None:
        table = Path(self.path)
        if not table.is_file():
            return f"{table}: the table is gone."
        wanted = self.after_content if done else self.before_content
        if _hash(table) != wanted:
            return f"{table}: the table has changed."
        version, content = (self.before, self.before_content) if done else (self.after, self.after_content)
        try:
            return None if _hash(Path(version)) == content else f"{version}: this copy of the table is damaged."
        except OSError as error:
            return f"{version}: this copy of the table cannot be read ({error.strerror})."


_STEPS: Mapping[str, type[MakeFolder] | type[MoveFile] | type[ReplaceTable]] = {
    "folder": MakeFolder, "move": MoveFile, "table": ReplaceTable,
}  # fmt: skip


def step_document(step: Step) -> dict[str, Any]:
    """Return a step as plain values."""
    name = next(name for name, kind in _STEPS.items() if isinstance(step, kind))
    return {"step": name, **asdict(step)}  # type: ignore[call-overload]


def step_of(document: Mapping[str, Any]) -> Step:
    """Return the step that `step_document` describes."""
    return _STEPS[document["step"]](**{key: value for key, value in document.items() if key != "step"})


def is_step(document: Any) -> bool:
    """Return whether something is what `step_document` returns for a step."""
    if not isinstance(document, dict) or document.get("step") not in _STEPS:
        return False
    values = {key: value for key, value in document.items() if key != "step"}
    texts = all(isinstance(value, str) and value and "\0" not in value for value in values.values())
    return texts and values.keys() == {field.name for field in fields(_STEPS[document["step"]])}


def _move(source: Path, target: Path, content: str) -> None:
    if not os.path.lexists(source):
        if target.is_file():
            return
        raise DataError(f"{source}: is neither there nor at {target}.")
    if os.path.lexists(target):
        # a kill between a copy to another file system and the removal of the file leaves both
        if not (target.is_file() and _hash(target) == content == _hash(source)):
            raise DataError(f"{target}: there is another file of this name; {source} was not moved.")
    else:
        try:
            os.rename(source, target)  # noqa: PTH104  (named as in the tests that break it)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with replacing(target) as part:
                shutil.copy2(source, part)
        else:
            flush_folder(target.parent)
            flush_folder(source.parent)
            return
    flush_folder(target.parent)
    source.unlink()
    flush_folder(source.parent)


def _replace(table: Path, version: Path, old: str, new: str) -> None:
    found = _hash(table)
    if found == new:
        return
    if found != old:
        raise DataError(f"{table}: has changed meanwhile, and was left as it is. {version} is the version wanted.")
    if _hash(version) != new:
        raise DataError(f"{version}: this copy of the table is damaged, and {table} was left as it is.")
    with replacing(table) as part:
        shutil.copy2(version, part)
        # rights are those of the table, not those of the copy of it
        shutil.copymode(table, part)
    flush_folder(table.parent)


def _hash(path: Path) -> str:
    try:
        with open_regular(path, most=MOST_BYTES) as file:
            return file_hash(file)
    except UnreadableFileError:
        return ""  # nothing of this size or kind was ever planned: the file is another

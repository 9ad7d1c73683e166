"""The journal of one change: what is to be done, written to disk before it is begun."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import json_lines, to_json
from evenhand.base.storage.files.flush import flush_folder
from evenhand.base.storage.files.regular_file import read_regular_text
from evenhand.review.apply.steps import Step, is_step, step_document, step_of

FILE = "journal.jsonl"
_MOST_BYTES = 1_000_000_000

State = Literal["void", "doing", "undoing", "finished", "undone"]
"""A void journal was killed while its plan was written: nothing has been done."""


def _is_line(line: Any, *, first: bool) -> bool:
    """Return whether a line is one that a journal writes: the plan first, then steps and states."""
    if not isinstance(line, dict):
        return False
    if first:
        plan = line.get("plan")
        return isinstance(line.get("rows"), str) and isinstance(plan, list) and all(map(is_step, plan))
    (key, value), *more = line.items() or [("", None)]
    return not more and (
        value in get_args(State) if key == "state" else key in ("do", "undo") and type(value) is int
    )


@dataclass(frozen=True)
class Journal:
    """The journal in a folder; every line is on disk before the call that writes it returns.

    Its first line is the plan; after it come lines for the steps, and for what became of the whole.
    """

    folder: Path

    def begin(self, steps: Sequence[Step], rows: str) -> None:
        """Write the plan; `rows` is the digest of the rows that the data must then have."""
        self._write({"plan": [step_document(step) for step in steps], "rows": rows})
        for folder in (self.folder, *self.folder.parents[:2]):  # all of which may be new, as the file is
            flush_folder(folder)

    def note(self, **line: Any) -> None:
        """Write one line: a step that is about to be done or undone, or a new state."""
        self._write(line)

    def turn(self, state: State) -> None:
        """Write a new state."""
        self._write({"state": state})

    @property
    def state(self) -> State:
        """What became of the change; "doing" or "undoing" if it was killed."""
        lines = self._lines()
        if not lines or "plan" not in lines[0]:
            return "void"
        states: list[State] = [line["state"] for line in lines if "state" in line]
        return states[-1] if states else "doing"

    @property
    def steps(self) -> list[Step]:
        """The steps of the plan, in order."""
        return [step_of(document) for document in self._lines()[0]["plan"]]

    @property
    def rows(self) -> str:
        """The digest of the rows that the data have after the change."""
        return str(self._lines()[0]["rows"])

    def _lines(self) -> list[dict[str, Any]]:
        path = self.folder / FILE
        try:
            texts = json_lines(read_regular_text(path, most=_MOST_BYTES, errors="replace"))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}). {self._unknown}") from None
        lines = []
        for number, text in enumerate(texts, start=1):
            try:
                lines.append(json.loads(text))
            except (ValueError, RecursionError):
                if number == len(texts):  # the last one may be torn: what it announced was not begun
                    break
                raise DataError(f"{path}: line {number} is damaged. {self._unknown}") from None
            if not _is_line(lines[-1], first=number == 1):
                raise DataError(f"{path}: line {number} is damaged. {self._unknown}")
        return lines

    @property
    def _unknown(self) -> str:
        return f"What was changed is not known, and nothing was done. Backups lie in {self.folder}."

    def _write(self, line: dict[str, Any]) -> None:
        raw = (to_json(line) + "\n").encode("utf-8")
        path = self.folder / FILE
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                # Cut a torn line off, or the next one would be glued to it.
                whole = path.read_bytes()
                os.ftruncate(descriptor, whole.rfind(b"\n") + 1)
            view = memoryview(raw)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

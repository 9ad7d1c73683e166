"""The journal of one change: what is to be done, written to disk before it is begun."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evenhand.base.errors import DataError
from evenhand.base.storage.atomic import json_lines, to_json
from evenhand.base.storage.flush import flush_folder
from evenhand.review.apply.steps import Step, step_document, step_of

FILE = "journal.jsonl"

State = Literal["void", "doing", "undoing", "finished", "undone"]
"""A void journal was killed while its plan was written: nothing has been done."""


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
        if not path.is_file():
            return []
        texts = json_lines(path.read_text(encoding="utf-8", errors="replace"))
        lines = []
        for number, text in enumerate(texts, start=1):
            try:
                lines.append(json.loads(text))
            except ValueError:
                if number < len(texts):  # the last one may be torn: what it announced was not begun
                    raise DataError(
                        f"{path}: line {number} is damaged, so that it is not known what was changed. Backups "
                        f"lie in {self.folder}."
                    ) from None
        return lines

    def _write(self, line: dict[str, Any]) -> None:
        raw = (to_json(line) + "\n").encode("utf-8")
        path = self.folder / FILE
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
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

"""Carry out a plan: all of it or nothing, with a journal by which a killed change is finished or undone."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import remove_partial_files_of, replacing
from evenhand.base.text.escaping import printable
from evenhand.data.roots.content_hash import content_hash
from evenhand.data.store.locks import lock_exclusive
from evenhand.review.apply.journal import Journal
from evenhand.review.apply.plan import Plan
from evenhand.review.apply.steps import MakeFolder, MoveFile, ReplaceTable, Step
from evenhand.review.apply.written_rows import PathAndClasses, differences, digest

Rows = Callable[[], Sequence[PathAndClasses]]
"""Reads the rows anew, as `written_rows` does."""

_LOCK = ".lock"
_NUMBER = re.compile(r"\d{4,}")


@dataclass(frozen=True)
class Change:
    """A change in a folder of its own: journal, backup and quarantine."""

    folder: Path

    @property
    def journal(self) -> Journal:
        """Its journal."""
        return Journal(self.folder)

    def steps(self, places: Sequence[Path]) -> list[Step]:
        """Return the steps of its journal.

        Raises
        ------
        DataError
            If one touches anything but `places` and the folder of the change: whoever sends a session could
            otherwise move files that have nothing to do with it.
        """
        allowed = [os.path.realpath(place) for place in (self.folder, *places)]
        steps = self.journal.steps
        for path in (path for step in steps for path in step.paths):
            # a link may be moved, and is not followed; the folders that lead to it are
            place = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))  # noqa: PTH118, PTH119, PTH120
            if "\0" in path or not any(os.path.commonpath([place, one]) == one for one in allowed):
                raise DataError(
                    f"{self.folder}: its journal names {printable(path)}, which is not among these data, and "
                    "nothing was done. Move this folder away if the session is not yours."
                )
        return steps


def changes(applied: Path) -> list[Change]:
    """Return the changes below the folder of a session, in their order."""
    if not applied.is_dir():
        return []
    folders = [item for item in applied.iterdir() if _NUMBER.fullmatch(item.name)]
    folders = [item for item in folders if item.is_dir() and not item.is_symlink()]
    return [Change(folder) for folder in sorted(folders, key=lambda folder: int(folder.name))]


def carry_out(plan: Plan, applied: Path, rows: Rows, places: Sequence[Path]) -> Change | None:
    """Change files and table as planned, validate the outcome, and return the change; None if there is none.

    Parameters
    ----------
    applied
        Folder for journals, backups and quarantines; it must lie outside the data.
    rows
        Reads the rows anew, for validation: they must be those of the plan, one to one.
    places
        The root and the table of the data: a change that was killed is finished only there.

    Raises
    ------
    DataError
        If something has changed since it was planned, a step fails, or the rows are not as planned afterwards.
        Everything is then as before.
    """
    if plan.empty:
        return None
    if applied.resolve().is_relative_to(plan.root.resolve()):
        raise DataError(
            f"{applied}: lies inside the data ({plan.root}), where files in quarantine would be read. Choose "
            "a folder elsewhere."
        )
    applied.mkdir(parents=True, exist_ok=True)
    with lock_exclusive(applied / _LOCK):
        _recover(applied, rows, places)
        last = changes(applied)
        folder = applied / f"{int(last[-1].folder.name) + 1 if last else 1:04d}"
        change = Change(folder)
        try:
            folder.mkdir()
            steps = _steps(plan, folder)
        except OSError as error:
            raise DataError(f"{plan.root}: nothing was changed. {_words(error)}") from None
        _refuse_faults(steps, done=False)
        try:
            change.journal.begin(steps, digest(plan.rows))
            _do(change.journal, steps)
            if faults := differences(plan.rows, rows()):
                raise DataError(f"The data are not as planned: {' '.join(faults)}")
            change.journal.turn("finished")
        except (OSError, DataError) as error:
            _undo(change.journal, steps)
            raise DataError(f"{plan.root}: nothing was changed. {_words(error)}") from None
    return change


def unapply(applied: Path, rows: Rows, places: Sequence[Path]) -> Change | None:
    """Undo the latest change that stands, bit for bit, and return it; None if there is none.

    Raises
    ------
    DataError
        If files or table have changed since, or the journal names others; nothing is then undone.
    """
    if not applied.is_dir():
        return None
    with lock_exclusive(applied / _LOCK):
        _recover(applied, rows, places)
        standing = [change for change in changes(applied) if change.journal.state == "finished"]
        if not standing:
            return None
        journal, steps = standing[-1].journal, standing[-1].steps(places)
        _refuse_faults(steps, done=True)
        _undo(journal, steps)
    return standing[-1]


def recover(applied: Path, rows: Rows, places: Sequence[Path]) -> list[str]:
    """Finish or undo changes that were killed; return a sentence for each.

    Raises
    ------
    DataError
        If files are neither as before nor as planned, or the journal names any outside of `places`.
    """
    if not applied.is_dir():
        return []
    with lock_exclusive(applied / _LOCK):
        return _recover(applied, rows, places)


def _recover(applied: Path, rows: Rows, places: Sequence[Path]) -> list[str]:
    out = []
    for change in changes(applied):
        journal = change.journal
        if journal.state not in ("doing", "undoing"):
            continue
        steps = change.steps(places)
        _remove_parts(steps)
        if journal.state == "doing":
            try:
                _do(journal, steps)
                if digest(rows()) != journal.rows:
                    raise DataError("The data are not as planned.")
                journal.turn("finished")
                out.append("A change that was interrupted has been finished.")
            except (OSError, DataError) as error:
                _undo(journal, steps)
                out.append(f"A change that was interrupted has been undone ({_words(error)})")
        else:
            _undo(journal, steps)
            out.append("A change that was being undone has been undone.")
    return out


def _steps(plan: Plan, folder: Path) -> list[Step]:
    """Return the steps of a plan, and write the versions of the table that they need."""
    quarantine = folder / "quarantine"
    steps: list[Step] = [MakeFolder(str(plan.root / name)) for name in plan.folders]
    made: dict[Path, None] = {}
    for move in plan.moves:
        if move.target is None:
            below = Path(move.source).parent
            made |= dict.fromkeys([quarantine, *(quarantine / part for part in [*reversed(below.parents), below])])
    steps += [MakeFolder(str(path)) for path in made]
    for move in plan.moves:
        target = quarantine / move.source if move.target is None else plan.root / move.target
        steps.append(MoveFile(str(plan.root / move.source), str(target), move.content))
    if plan.table is not None:
        versions = {"before": plan.table.before, "after": plan.table.after}
        for when, raw in versions.items():
            with replacing(folder / when / plan.table.path.name) as part:
                part.write_bytes(raw)
                if when == "before":  # its rights and times come back with it
                    shutil.copystat(plan.table.path, part)
        before, after = (folder / when / plan.table.path.name for when in versions)
        hashes = content_hash(plan.table.before), content_hash(plan.table.after)
        steps.append(ReplaceTable(str(plan.table.path), str(before), str(after), *hashes))
    return steps


def _refuse_faults(steps: Sequence[Step], *, done: bool) -> None:
    faults = [fault for step in steps if (fault := step.fault(done=done)) is not None]
    if faults:
        more = f" and {len(faults) - 3:,} more" if len(faults) > 3 else ""
        since = "it was applied" if done else "this was planned"
        raise DataError(f"Something has changed since {since}, and nothing was done. {' '.join(faults[:3])}{more}")


def _do(journal: Journal, steps: Sequence[Step]) -> None:
    for number, step in enumerate(steps):
        journal.note(do=number)
        step.do()


def _undo(journal: Journal, steps: Sequence[Step]) -> None:
    try:
        journal.turn("undoing")
        for number, step in reversed(list(enumerate(steps))):
            journal.note(undo=number)
            step.undo()
        journal.turn("undone")
    except (OSError, DataError) as error:
        raise DataError(
            f"{journal.folder}: a change could not be undone entirely; the next call goes on. {_words(error)}"
        ) from None


def _remove_parts(steps: Sequence[Step]) -> None:
    """Remove what a kill has left of files that were being copied."""
    places = [step.path for step in steps if isinstance(step, ReplaceTable)]
    places += [path for step in steps if isinstance(step, MoveFile) for path in (step.source, step.target)]
    for place in places:
        remove_partial_files_of(Path(place))


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'}: {error.strerror or error}."
    return str(error)

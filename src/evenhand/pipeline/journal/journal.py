"""`journal`: an entry per run in a Markdown file that people write in too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from evenhand.base.errors import EvenhandError, RecordError
from evenhand.base.storage.record import Record, records
from evenhand.pipeline.journal.blocks import (
    ENTRY,
    INDEX,
    Block,
    MarkerError,
    blocks_of,
    entry_text,
    index_text,
)
from evenhand.pipeline.journal.entry import Experiment, entry_of
from evenhand.pipeline.journal.experiments import DAMAGED, damage_words, experiments_in, planned_entry
from evenhand.pipeline.journal.index import heading_of, index_lines
from evenhand.pipeline.journal.journal_file import JournalFile, change_journal, read_journal
from evenhand.pipeline.verbs.run import Run

JournalSource = str | Path | Record | Run
TITLE = """# Experiments

Entries are made by `evenhand journal` and end with notes, which are yours: nothing outside the made parts is ever
rewritten, and a made part that you change is left as it is. A line `Tags: a, b` in the notes adds to the index.
"""
NOTES = "\n#### Notes\n\n"
_Made = dict[tuple[str, str], str]
"""Name of an entry and hash of what it is made from -> its text."""


@dataclass(frozen=True)
class JournalResult:
    """What `journal` did.

    Attributes
    ----------
    path
        The file.
    added, updated, unchanged
        Names of the entries.
    edited
        Names of the made parts that a person changed, "index" among them; they are left as they are.
    skipped
        Path of a record that has no entry -> why.
    """

    path: Path
    added: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    skipped: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        names = ("added", "updated", "unchanged", "edited")
        lists = {name: list(getattr(self, name)) for name in names}
        return {"path": str(self.path), **lists, "skipped": dict(self.skipped)}


@dataclass
class _Done:
    """Names of entries by what was done with them."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def journal(
    *sources: JournalSource,
    file: str | Path = "EXPERIMENTS.md",
    against: str | Path | Record | None = None,
) -> JournalResult:
    """Add an entry per run to a Markdown file, or bring those that are there up to date.

    An entry has date, place, what changed in the configuration against an earlier run, results with intervals, a
    paired verdict, the doctor's findings, the ablation with what was expected and what came out, and next steps.
    Above them stands an index by date and by tag. Made parts stand between markers; everything else is kept byte
    for byte: text around the entries, the notes in each, and made parts that a person changed.

    Parameters
    ----------
    sources
        Runs, folders of runs, and TOML files with [ablation], whose changes are listed as planned; by default the
        finished runs below runs/.
    file
        The journal; it is made if it is not there.
    against
        The run that all are compared with; by default the base of a row of an ablation, else the run before it in
        the same folder with the same kind of data and classes.

    Raises
    ------
    RecordError
        If a run that is named is not finished, or damaged. In a folder of runs, such records are skipped.
    EvenhandError
        If the file cannot be read, or its markers are broken: it is then left as it is.
    """
    path = Path(file)
    base = None if against is None else Record.open(against)
    found, plans, skipped = _sorted_sources(sources or ("runs",), base)
    done = _Done()
    folder = path.resolve().parent
    made: _Made = {}

    def change(old: JournalFile) -> str:
        nonlocal done
        done = _Done()  # again, if the file was saved by somebody else meanwhile
        try:
            text = old.text if old.text.strip("\ufeff \t\r\n") else old.text + TITLE
            for experiment in found:
                text = _with_run(text, experiment, folder, old.newline, done, made)
            for plan in plans:
                text = _with_plan(text, plan, old.newline, done)
            return _with_index(text, old.newline, done)
        except MarkerError as error:
            raise EvenhandError(f"{path}: {error}") from None

    # Comparing runs takes seconds, for which no other process should wait: entries are made before the lock.
    change(read_journal(path))
    change_journal(path, change)
    return JournalResult(
        path,
        tuple(done.added),
        tuple(done.updated),
        tuple(done.unchanged),
        tuple(done.edited),
        skipped | done.skipped,
    )


def _sorted_sources(
    sources: Sequence[JournalSource], against: Record | None
) -> tuple[list[Experiment], list[Path], dict[str, str]]:
    """Return the runs, oldest first, the TOML files, and the records that are skipped with the reason."""
    found: list[Experiment] = []
    plans: list[Path] = []
    skipped: dict[str, str] = {}
    for source in sources:
        place = source.path if isinstance(source, (Record, Run)) else Path(source)
        if place.is_file():
            plans.append(place)
        elif (place / "resolved.toml").is_file():
            found += experiments_in([Record.open(place)], against, None)
        elif place.is_dir():
            below = records(place)
            if not below and not plans and len(sources) == 1:
                raise RecordError(f"{place}: holds no record of a run. Name runs, or a folder of them.")
            found += experiments_in(below, against, skipped)
        else:
            raise RecordError(f"{place}: there is no such run, folder of runs or TOML file.")
    by_id: dict[str, Experiment] = {}
    for one in sorted(found, key=lambda one: one.id):
        other = by_id.setdefault(one.id, one)
        if other.record.path.resolve() != one.record.path.resolve():
            raise RecordError(
                f"{one.record.path} and {other.record.path}: have one name, and an entry is found by it. Rename a "
                "folder."
            )
    return list(by_id.values()), plans, skipped


def _with_run(text: str, experiment: Experiment, folder: Path, newline: str, done: _Done, made: _Made) -> str:
    """Return the journal with the entry of a run; `made` keeps the entries from one try to the next."""
    old = _entry(text, experiment.id)
    try:
        run, of = experiment.run, experiment.source(folder)
    except DAMAGED as error:
        done.skipped[str(experiment.record.path)] = damage_words(experiment.record, error)
        return text
    if old is not None and old.marks.get("run") != run:
        raise RecordError(
            f"{experiment.record.path}: the journal has an entry of this name for another run, which would be "
            "lost. Rename the folder, or name another journal with --file."
        )
    if old is not None and old.marks.get("of") == of:
        done.unchanged.append(experiment.id)
        return text
    if old is not None and old.is_edited:
        done.edited.append(experiment.id)
        return text
    try:
        entry = made.get((experiment.id, of)) or entry_of(experiment, folder)
    except DAMAGED as error:
        done.skipped[str(experiment.record.path)] = damage_words(experiment.record, error)
        return text
    made[experiment.id, of] = entry
    return _with_entry(text, experiment.id, old, entry, run, of, newline, done)


def _with_plan(text: str, path: Path, newline: str, done: _Done) -> str:
    """Return the journal with the entry of an ablation that is planned."""
    id = f"plan-{path.stem}"
    old = _entry(text, id)
    head = heading_of(old) if old is not None else None
    made, of = planned_entry(path, id, head.date if head else datetime.now().strftime("%Y-%m-%d %H:%M"))
    if old is not None and old.marks.get("of") == of:
        done.unchanged.append(id)
        return text
    return _with_entry(text, id, old, made, "plan", of, newline, done)


def _with_entry(
    text: str, id: str, old: Block | None, made: str, run: str, of: str, newline: str, done: _Done
) -> str:
    """Return the journal with an entry put in the place of the old one, or among the others by its date."""
    if old is None:
        done.added.append(id)
        notes = NOTES.replace("\n", newline)
        return _inserted(text, entry_text(id, made, notes, run=run, of=of, newline=newline), made, newline)
    if old.is_edited:
        done.edited.append(id)
        return text
    done.updated.append(id)
    return text[: old.start] + entry_text(id, made, old.notes, run=run, of=of, newline=newline) + text[old.end :]


def _entry(text: str, id: str) -> Block | None:
    return next((block for block in blocks_of(text) if block.kind == ENTRY and block.id == id), None)


def _inserted(text: str, entry: str, made: str, newline: str) -> str:
    """Return the journal with a new entry, before the first that is older or after the last part."""
    blocks = blocks_of(text)
    mine = heading_of(Block(ENTRY, "", 0, 0, made))
    for block in blocks:
        head = heading_of(block) if block.kind == ENTRY else None
        if mine is not None and head is not None and head.order < mine.order:
            return f"{text[: block.start]}{entry}{newline}{newline}{text[block.start :]}"
    last = max((block.end for block in blocks), default=len(text))
    return _after(text, last, entry, newline)


def _after(text: str, at: int, part: str, newline: str) -> str:
    """Return a text with a part after a position, apart from what is around it by a blank line."""
    before, after = text[:at], text[at:]
    ends = len(before) - len(before.rstrip("\r\n"))
    lines = before[len(before) - ends :].replace("\r\n", "\n").replace("\r", "\n").count("\n")
    gap = newline * max(0, 2 - lines) if before.strip("\ufeff") else ""
    return f"{before}{gap}{part}{after or newline}"


def _with_index(text: str, newline: str, done: _Done) -> str:
    """Return the journal with its index brought up to date."""
    blocks = blocks_of(text)
    entries = [block for block in blocks if block.kind == ENTRY]
    old = next((block for block in blocks if block.kind == INDEX), None)
    if not entries and old is None:
        return text
    made = index_text(index_lines(entries), newline)
    if old is None:
        first = entries[0].start
        return f"{text[:first]}{made}{newline}{newline}{text[first:]}"
    if old.is_edited:
        done.edited.append("index")
        return text
    return text[: old.start] + made + text[old.end :]

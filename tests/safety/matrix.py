"""The cases, one by one: every command x every file it reads x every damage, and what is wrong with its end."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import re
import shutil
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .children import MEMORY_BYTES, Ended, run
from .commands import COMMANDS
from .damages import DAMAGES, damage
from .ground import build, environment

CHECKED = ("runs/", "scanruns/", "resumed/", "store/")
"""Files in these folders are written by Evenhand: a checksum can tell that one is damaged."""
WITHOUT = (".lock", "submissions.jsonl")
"""Except for these (docs/safety.md): the second one may be corrected by hand."""

_NOTICE = re.compile(
    r"damaged|checksum|missing|made again|not there|cannot be|unreadable|refused|not a |differ|changed"
    r"|written again",
    re.IGNORECASE,
)
_UNFINISHED = re.compile(r"\bis not finished\b|\bunfinished\b")
"""What commands call a run without scores.json, as docs/safety.md promises: of another file it says nothing."""
_MEASURED = re.compile(r'"(read|check|train|judge|host_bytes|device_bytes)": [\d.]+,?')
"""Seconds and bytes of a run, which may be the same twice and another the third time."""


@dataclass(frozen=True)
class Case:
    """A command, a file that it reads, and what is done to it."""

    command: str
    file: str
    damage: str
    number: int

    def __str__(self) -> str:
        return f"{self.command}|{self.file}|{self.damage}|{self.number}"

    @classmethod
    def parse(cls, text: str) -> Case:
        """Return the case that `str` has named."""
        command, file, name, number = text.split("|")
        return cls(command, file, name, int(number))


@dataclass(frozen=True)
class Result:
    """A case, what is wrong with its end ("" for nothing), and how it ended."""

    case: Case
    fault: str
    ended: Ended


@dataclass
class Bench:
    """The data in a folder of its own, and commands on damaged copies of them."""

    folder: Path
    _sound: dict[str, tuple[Counter[str], Counter[str], Counter[str]]] = field(default_factory=dict)
    _read: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Build the data."""
        # Records name files by whole paths: commands work where the data were built, on a copy that is made anew.
        self.work, self.whole = self.folder / "work", self.folder / "whole"
        if not self.whole.exists():
            build(self.work)
            self.work.rename(self.whole)

    def cases(self, commands: Sequence[str] = tuple(COMMANDS)) -> list[Case]:
        """Return every case of these commands."""
        return [
            Case(command, file, name, number)
            for command in commands
            for file in self.files(command)
            for name, kind in DAMAGES.items()
            for number in range(kind.count)
        ]

    def sample(self, count: int, commands: Sequence[str] = tuple(COMMANDS)) -> list[Case]:
        """Return so many cases, the same every time: each command has as many as the others.

        Of each command, every file is damaged in every way once before any is twice.
        """
        queues = []
        for command in commands:
            mixed = sorted(self.cases([command]), key=lambda case: zlib.crc32(str(case).encode()))
            before: Counter[tuple[str, str]] = Counter()
            times = {}
            for case in mixed:
                times[case] = before[case.file, case.damage]
                before[case.file, case.damage] += 1
            queues.append(sorted(mixed, key=times.__getitem__))
        rounds = [queue[at] for at in range(max(map(len, queues))) for queue in queues if at < len(queue)]
        return rounds[:count]

    def files(self, command: str) -> list[str]:
        """Return the files that a command reads, one of those whose names differ only in numbers."""
        if command not in self._read:
            self._copy(command)
            for path in self._files():
                os.utime(path, (0, path.stat().st_mtime))  # a read sets the time of access again, whoever reads
            before = set(self._files())
            names = self.folder / "modules.txt"
            place = environment(self.work)
            self._learn(command, run(self._line(command), self.work, place, patience=10, modules=names))
            _import(names.read_text("utf-8").split())
            read = {path for path in self._files() & before if path.stat().st_atime > 0}
            alike: dict[str, str] = {}
            for path in sorted(read):
                alike.setdefault(self._pattern(path), str(path.relative_to(self.work)))
            self._read[command] = sorted(alike.values())
        return self._read[command]

    def run(self, case: Case) -> Result:
        """Run a case."""
        self.files(case.command)
        self._copy(case.command)
        path = self.work / case.file
        damage(path, case.damage, case.number, str(case))
        lost = not path.is_file()
        same = not lost and os.access(path, os.R_OK) and _same(path, self.whole / case.file)
        weak = case.damage == "no-permission"
        ended = run(self._line(case.command), self.work, environment(self.work), weak=weak)
        checked = case.file.startswith(CHECKED) and path.name not in WITHOUT and not same and not weak
        fault = fault_of(ended)
        if not fault and checked and self._silent(case, ended, figures := self._figures(case.command, ended), lost):
            # Perhaps a line that is another every time: the command runs on sound files once more.
            self._copy(case.command)
            self._learn(case.command, run(self._line(case.command), self.work, environment(self.work), patience=10))
            fault = "silent" if self._silent(case, ended, figures, lost) else ""
        return Result(case, fault, ended)

    def _silent(self, case: Case, ended: Ended, figures: Counter[str], lost: bool) -> bool:
        """Return whether figures differ from those of sound files, and no new line says why."""
        if ended.code not in (0, 1):
            return False
        stable, said, unstable = self._sound[case.command]
        new, gone = figures - stable, stable - figures
        changed = [
            line for line in (*new, *gone) if _masked(line) not in unstable and not _MEASURED.fullmatch(line)
        ]
        if not changed:
            return False
        words = [line for line in (*_lines(ended.err), *new) if line not in said]
        return not any(says_why(line, case.file, lost=lost) for line in words)

    def _learn(self, command: str, ended: Ended) -> None:
        """Remember how a command ends on sound files, and which lines are others every time."""
        figures, words = self._figures(command, ended), _lines(ended.err)
        if ended.code not in (0, 1):
            raise RuntimeError(f"{command} fails on sound files: {ended.code}\n{ended.out}\n{ended.err}")
        before = self._sound.get(command, (figures, words, Counter()))
        unstable = before[2] + Counter(_masked(line) for line in ((figures - before[0]) + (before[0] - figures)))
        self._sound[command] = (figures, words, unstable)

    def _figures(self, command: str, ended: Ended) -> Counter[str]:
        found = _lines(ended.out)
        for name in COMMANDS[command].results:
            path = self.work / name
            found += _lines(path.read_text("utf-8", "replace")) if path.is_file() else Counter([f"no {name}"])
        return found

    def _copy(self, command: str) -> None:
        """Make the files of a command anew."""
        if self.work.exists():
            shutil.rmtree(self.work)
        self.work.mkdir()
        for name in dict.fromkeys(COMMANDS[command].needs):
            source, target = self.whole / name, self.work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.exists():
                shutil.copy2(source, target)

    def _files(self) -> set[Path]:
        return {path for path in self.work.rglob("*") if path.is_file() and not path.is_symlink()}

    def _pattern(self, path: Path) -> str:
        """Return the name of a file with every number, and the name of a picture, drawing or scan, as one sign."""
        name = path.relative_to(self.work)
        if name.suffix in (".jpg", ".png", ".dxf", ".npz"):
            return f"{name.parts[0]}/#{name.suffix}"
        return re.sub(r"[0-9a-f]{16,}|\d+", "#", str(name))

    def _line(self, command: str) -> list[str]:
        return COMMANDS[command].arguments.split()


def _import(names: Iterable[str]) -> None:
    """Import modules that a child has imported, so that the next need not.

    Objects are taken out of the sight of the collector: in a child it would write to all of them, and so copy them.
    """
    for name in names:
        with contextlib.suppress(Exception):  # some names are no modules of their own, such as those that six makes
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _lines(text: str) -> Counter[str]:
    return Counter(line.strip() for line in text.splitlines() if line.strip())


def _masked(line: str) -> str:
    return re.sub(r"[\d.:]+", "#", line)


def _same(a: Path, b: Path) -> bool:
    return a.stat().st_size == b.stat().st_size and a.read_bytes() == b.read_bytes()


def says_why(line: str, file: str, *, lost: bool) -> bool:
    """Return whether a line says what is wrong with a file; `lost` where there is no regular file of its name."""
    scores = lost and Path(file).name == "scores.json"
    return bool(Path(file).name in line or _NOTICE.search(line) or (scores and _UNFINISHED.search(line)))


def fault_of(ended: Ended) -> str:
    """Return what is wrong with how a command ended, whatever it was given; "" for nothing."""
    said = ended.out + ended.err
    if ended.hung:
        return "hang"
    if "Traceback" in said or "Something went wrong inside" in said:
        return "traceback"
    if ended.peak_bytes > MEMORY_BYTES or "Out of memory" in said:
        return "memory"
    if ended.code not in (0, 1, 2, 3):
        return f"ended with {ended.code}"
    if ended.code in (2, 3) and not ended.err.strip():
        return "no word"
    return ""

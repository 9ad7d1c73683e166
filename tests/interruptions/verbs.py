"""Commands that write files, what they write, and a ground of their own to do it on."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evenhand.review.log.event import Event
from evenhand.review.log.log_file import DecisionLog

from .client import Ended
from .runs import Runs


@dataclass(frozen=True)
class Verb:
    """A command line relative to the ground, and the files that it writes there, as globs."""

    arguments: str
    written: tuple[str, ...]


VERBS: Mapping[str, Verb] = {
    "init": Verb("init photos --to init.toml", ("init.toml",)),
    "split": Verb("split photos.toml --to folds.csv", ("folds.csv",)),
    "predict": Verb("predict record new --to out.csv", ("out.csv",)),
    "predict-parquet": Verb("predict record new --to out.parquet", ("out.parquet",)),
    "ensemble": Verb("ensemble record twin --to blend.csv", ("blend.csv",)),
    "compare": Verb("compare record twin --data --ids changed.csv", ("changed.csv",)),
    "diagnose": Verb("diagnose record new --to found", ("found*",)),
    "audit": Verb("audit record", ("record/audit*",)),
    "report": Verb("report record", ("record/report.html",)),
    "doctor": Verb("doctor record", ()),
    "journal": Verb("journal . --file EXPERIMENTS.md", ("EXPERIMENTS.md",)),
    "verify": Verb("verify record", ()),
    "retrieve": Verb("retrieve record new --html hits.html", ("hits.html",)),
    "export": Verb(
        "review photos.toml --session session --export", ("session/corrections.csv", "session/versions/*")
    ),
    "apply": Verb("review photos.toml --session session --apply --yes", ("photos/labels.csv",)),
}  # fmt: skip


class Ground:
    """A folder with a record, its twin, photos, new photos and a session, made anew for each case."""

    def __init__(self, runs: Runs) -> None:
        self.runs, self.commands = runs, runs.commands
        self.whole, self.work = runs.folder / "whole", runs.folder / "ground"
        if not self.whole.exists():
            self._build()

    def call(self, name: str, **how: object) -> Ended:
        """Run a verb on the ground."""
        where = {"XDG_CACHE_HOME": str(self.work / "cache"), "TMPDIR": str(self.work / "tmp")}
        return self.commands.call(
            *VERBS[name].arguments.split(), below=self.work, environment=where, folder=str(self.work), **how
        )

    @contextmanager
    def fresh(self) -> Iterator[Path]:
        """Give an undisturbed ground."""
        shutil.rmtree(self.work, ignore_errors=True)
        # Files of a record are replaced, not written into, except for those that grow: names suffice for the large.
        shutil.copytree(self.whole, self.work, copy_function=_copy)
        yield self.work

    def written(self, name: str) -> dict[str, str]:
        """Return the files that the verb writes, by their content."""
        paths = [path for pattern in VERBS[name].written for path in self.work.glob(pattern) if path.is_file()]
        paths = [path for path in paths if not (path.name.startswith(".") and path.suffix == ".part")]
        return {str(path.relative_to(self.work)): hashlib.blake2b(path.read_bytes()).hexdigest() for path in paths}

    def torn(self) -> list[str]:
        """Return names of half-written files, apart from hidden ones that nobody takes for whole."""
        return [str(path) for path in self.work.rglob("*.part") if not path.name.startswith(".")]

    def _build(self) -> None:
        self.runs.expected("student")
        self.whole.mkdir()
        (self.whole / "tmp").mkdir()
        for name in ("record", "twin"):
            shutil.copytree(self.runs.folder / "teacher", self.whole / name)
        shutil.copytree(self.runs.folder / "photos", self.whole / "photos")
        text = (self.runs.folder / "soup0.toml").read_text("utf-8")
        (self.whole / "photos.toml").write_text(text.replace('"disk/', '"'), encoding="utf-8")
        labels = pd.read_csv(self.whole / "photos" / "labels.csv")
        (self.whole / "new").mkdir()
        for path in labels["path"].iloc[:4]:
            shutil.copy(self.whole / "photos" / path, self.whole / "new" / Path(path).name)
        (self.whole / "session").mkdir()
        ids = pd.read_parquet(self.whole / "record" / "samples.parquet").set_index("path")["id"]
        log = DecisionLog(self.whole / "session" / "decisions.jsonl")
        (first, one), (second, _), (_, other) = labels[["path", "class"]].iloc[[0, 1, -1]].itertuples(index=False)
        log.append(Event.new("relabel", "ann", str(ids[first]), [one], to=[other]))
        log.append(Event.new("trash", "ann", str(ids[second]), [one]))


def _copy(source: str, target: str) -> None:
    if source.endswith(".safetensors"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)

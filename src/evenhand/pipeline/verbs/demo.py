"""`demo`: a complete run of a kind of data, on data that come with the packages or are generated."""

from __future__ import annotations

from pathlib import Path

from evenhand.base.seeds import generator
from evenhand.modalities import KINDS
from evenhand.modalities.kind import Demo
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.pipeline.verbs.run import Run, run

GENERATED = 400
"""Rows of a kind that has no demo of its own."""


def demo(kind: str = "photos", folder: str | Path | None = None, *, watcher: Watcher | None = None) -> Run:
    """Run the demo of a kind of data and return the run.

    An interrupted demo is resumed by calling it again.

    Parameters
    ----------
    kind
        Kind of data: "photos" (solar cells), "drawings" (generated parts), or any other.
    folder
        Folder for its data, configuration and record; None for "demo/KIND".
    watcher
        Receives progress.

    Raises
    ------
    MissingExtraError
        If packages of the demo are not installed.
    """
    place = demo_folder(kind, folder)
    return run(demo_data(kind, place).toml, changes=[f"output={(place / 'runs').as_posix()}"], watcher=watcher)


def demo_folder(kind: str, folder: str | Path | None = None) -> Path:
    """Return the folder of a demo; raises `EvenhandError` if there is no such kind."""
    return Path("demo", KINDS.get(kind).name) if folder is None else Path(folder)


def demo_data(kind: str, folder: Path) -> Demo:
    """Write the data and the configuration of a demo into `folder`."""
    known = KINDS.get(kind)
    own = known.demo(folder)
    if own is not None:
        return own
    toml = known.example(generator("demo", kind), GENERATED, folder)
    return Demo(toml, f"Generated data: the example of {kind}.")

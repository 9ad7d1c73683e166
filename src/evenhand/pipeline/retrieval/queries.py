"""What is searched for: rows of a run by their ids, files, texts, or files with a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.errors import EvenhandError
from evenhand.base.values import Ints, Samples
from evenhand.data.roots.folder_root import FolderRoot
from evenhand.data.roots.root import Root
from evenhand.pipeline.verbs.predict import new_rows
from evenhand.settings.load import Settings


@dataclass(frozen=True, eq=False)
class NewQueries:
    """Rows from elsewhere: the root that they are read from, the rows, and a name of each for a person."""

    root: Root
    samples: Samples
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Queries:
    """Queries of two sorts.

    Attributes
    ----------
    own
        Positions of rows of the run, asked for by id.
    new
        Rows from elsewhere.
    """

    own: Ints
    new: tuple[NewQueries, ...]


def read_queries(
    asked: Sequence[str | Path], texts: Sequence[str], samples: Samples, settings: Settings
) -> Queries:
    """Return the queries that words and texts name.

    A word that is the id of a row of the run is that row; else it is a file, a folder or a zip. One text goes with
    every file; several texts, or texts without files, are queries of their own.

    Raises
    ------
    EvenhandError
        If there is none, a word is neither an id nor a file, or rows of the kind have no text.
    """
    place = {str(name): at for at, name in enumerate(samples.ids)}
    words = [str(word) for word in asked]
    own = [place[word] for word in dict.fromkeys(words) if word in place]
    named: dict[Path, Path] = {}
    for word in words:
        if word not in place:  # ./a.jpg and a.jpg are one file, called as it was first
            named.setdefault(Path(word).resolve(), Path(word))
    files = list(named.values())
    if "" in words:
        raise EvenhandError("A query is empty. Name a file, a folder, a zip or the id of a row of the run.")
    for file in files:
        if not _is_there(file, settings):
            raise EvenhandError(
                f"{file}: there is no such file, and no row of the run has this id. Ids stand in samples.parquet "
                "and in the output of this verb; search for words with --text."
            )
    for text in texts:
        _check_text(text)
    new = []
    for file in files:
        found = new_rows(file, settings)
        names = _row_names(found.samples.frame, settings.kind.shown)
        new.append(NewQueries(found.root, found.samples, names))
    new = _told_apart(files, new)
    if len(texts) == 1 and new:
        new = [_beside(one, texts[0], settings) for one in new]
    else:
        for text in dict.fromkeys(texts):
            new.append(NewQueries(FolderRoot(Path()), _texted(None, text, settings), (text,)))
    if not own and not new:
        raise EvenhandError("Nothing to search for: name files, ids of rows of the run, or words with --text.")
    return Queries(np.array(own, dtype=np.int64), tuple(new))


def _check_text(text: str) -> None:
    """Raise `EvenhandError` for a text that says nothing, or that no encoding can hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        shown = text.encode(errors="backslashreplace").decode()
        raise EvenhandError(
            f"--text: {shown} is not text: character {error.start + 1} is a byte that is not UTF-8, or half of a "
            "character. Type the words in a UTF-8 terminal, or leave it out."
        ) from None
    if not any(char.isprintable() and not char.isspace() for char in text):
        raise EvenhandError("--text: the text is empty. Give words to search for.")


def _told_apart(files: Sequence[Path], new: Sequence[NewQueries]) -> list[NewQueries]:
    """Return the queries under names of their own: cats/1.jpg and dogs/1.jpg are both 1.jpg in their roots."""
    seen = Counter(name for one in new for name in one.names)
    out = []
    for file, one in zip(files, new, strict=True):
        whole = {name: str(file) if name == file.name else f"{file}/{name}" for name in one.names}
        out.append(replace(one, names=tuple(whole[name] if seen[name] > 1 else name for name in one.names)))
    return out


def _is_there(file: Path, settings: Settings) -> bool:
    """Return whether a file exists, or is named as its kind may name it (a record without the suffix)."""
    if file.exists():
        return True
    try:
        settings.kind.alone(file)
    except EvenhandError:
        return False
    return True


def _row_names(frame: pd.DataFrame, shown: Sequence[str]) -> tuple[str, ...]:
    """Return a name of each row for a person: its path, and where a file holds many rows, which of them it is."""
    names = frame["path"].astype(str)
    if names.is_unique:
        return tuple(names)
    for column in shown:
        names = names + f", {column} " + frame[column].astype(str)
    again = names.groupby(names).cumcount()
    return tuple(names.where(again == 0, names + ", row " + (again + 1).astype(str)))


def _beside(one: NewQueries, text: str, settings: Settings) -> NewQueries:
    names = tuple(f"{name} + {text}" for name in one.names)
    return NewQueries(one.root, _texted(one.samples, text, settings), names)


def _texted(rows: Samples | None, text: str, settings: Settings) -> Samples:
    found = settings.kind.with_text(rows, text)
    if found is None:
        raise EvenhandError(f"--text: rows of {settings.kind.name} have no text. Search for files or ids.")
    return found

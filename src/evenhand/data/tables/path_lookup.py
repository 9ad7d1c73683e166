"""Resolution of paths, as people write them in tables, to names below the root."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evenhand.base.text.cells import Text, spelling
from evenhand.data.roots.file_names import relative_name
from evenhand.data.roots.root import Root


@dataclass(frozen=True)
class Located:
    """The files of the rows of a table.

    Attributes
    ----------
    names
        (n,) posix names below the root; None if there is no such file.
    outside
        Row -> why its path is refused.
    hints
        Row without a file -> an existing name that differs from its path in case only.
    """

    names: tuple[str | None, ...]
    outside: dict[int, str]
    hints: dict[int, str]

    @property
    def missing(self) -> list[int]:
        """Rows whose file does not exist."""
        return [row for row, name in enumerate(self.names) if name is None and row not in self.outside]


def locate(paths: Sequence[Text], root: Root, folder: str | None = None, *, disk: Path | None = None) -> Located:
    """Return the files that paths name, relative to the root, to the table, or to a top folder that holds all.

    One interpretation is chosen for the whole table, the one under which most files exist: deciding row by row
    could mix files of the same name. Backslashes, "./", Unicode normal forms and absolute paths in the root are
    handled.

    Parameters
    ----------
    paths
        (n,) as written; None if the cell is empty.
    folder
        The folder of the table below the root, or None.
    disk
        Folder on disk that paths may also be relative to (that of the table or configuration).
    """
    outside: dict[int, str] = {}
    written: list[str | None] = []
    for row, path in enumerate(paths):
        try:
            written.append(None if path is None else _inside(path, root))
        except ValueError as error:
            outside[row] = str(error)
            written.append(None)
    known = {spelling(name): name for name in root.names()}
    plans = [[_moved(path, *way) for path in written] for way in _ways(root, folder, disk)]
    plans.append(_with_endings(written, known))
    # of equal ones the first: paths as they are written
    best = max(plans, key=lambda plan: sum(path in known for path in plan))
    names = tuple(known.get(path) if path else None for path in best)
    return Located(names, outside, _hints(best, names, known))


def _inside(path: str, root: Root) -> str:
    """Return a path as a name below the root; an absolute path must lead into the root."""
    if path.startswith("/"):
        # as given and behind symbolic links: tables are written on either side
        for base in (root.path.absolute(), root.path.resolve()):
            if path.startswith(f"{base.as_posix()}/"):
                path = path[len(base.as_posix()) + 1 :]
                break
    return spelling(relative_name(path))


def _ways(root: Root, folder: str | None, disk: Path | None) -> list[tuple[str, str]]:
    """Return (prefix to remove from a path, prefix to add) for each interpretation."""
    ways = [("", "")]
    if folder:
        ways.append(("", f"{folder}/"))
    tops = {name.partition("/")[0] for name in root.names() if "/" in name}
    ways += [("", f"{top}/") for top in sorted(tops)[:1] if len(tops) == 1]
    ways.append((f"{root.path.name}/", ""))
    if disk is not None:
        below = Path(os.path.relpath(root.path.resolve(), disk.resolve())).as_posix()
        ways.append((f"{below}/", ""))
    return [(spelling(cut), spelling(put)) for cut, put in ways]


def _moved(path: str | None, cut: str, put: str) -> str | None:
    return put + path.removeprefix(cut) if path is not None and path.startswith(cut) else None


def _with_endings(paths: Sequence[str | None], known: dict[str, str]) -> list[str | None]:
    """Return for paths written without a suffix the one file of that stem, or None if it is ambiguous."""
    stems: dict[str, str | None] = {}
    for name in known:
        stem = name.rpartition(".")[0]
        stems[stem] = None if stem in stems else name
    return [stems.get(path) if path else None for path in paths]


def _hints(plan: Sequence[str | None], names: Sequence[str | None], known: dict[str, str]) -> dict[int, str]:
    lost = [(row, path) for row, (path, name) in enumerate(zip(plan, names, strict=True)) if path and not name]
    folded = {name.casefold(): name for name in known} if lost else {}
    return {row: folded[path.casefold()] for row, path in lost if path.casefold() in folded}

"""Families by name: files whose names say that they are copies, versions or augmentations of one another.

`derived_names` reads one name. Here files are joined with what they were made from, in their folder and elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.base.values import NO_LABEL, Ints, Samples
from evenhand.data.splits.derived_names import base_name, folded, unnumbered
from evenhand.data.splits.group_joins import joined

SERIES = 3
"""So many names "x (1)", "x (2)", … in a folder without "x" are a numbered series, not copies of "x" elsewhere."""
FOLDERS = 2
"""Of copies without an original: in more folders under different labels, their name is a common word."""


@dataclass(frozen=True)
class _File:
    """A file: its folder, its name without suffix, the name that it was derived from."""

    folder: str
    name: str
    base: str

    @property
    def derived(self) -> bool:
        return self.base != self.name

    @property
    def last(self) -> str:
        """The name of its folder, without what lies above."""
        return self.folder.rpartition("/")[2]


def name_families(paths: Sequence[str], labels: Sequence[object]) -> list[Ints]:
    """Return sets of rows whose files are derived from one another by their names.

    A derived file belongs to the files of the same base name in its folder, whatever their labels. If its original
    is not there, it belongs to

    - files of that name and its label elsewhere: those in a folder called like its own, if there are any, or else
      all of them;
    - failing these, under whatever label: the one file of that name, or the one in a folder called like its own;
    - failing these, other derived files of that name and label, and of any label if they lie in at most two
      folders and the name is not numbered.

    Names without a suffix join nothing: every class folder may have its own 1.dxf. Nor is a bare number enough to
    find an original in a folder called otherwise and under another label.

    Parameters
    ----------
    paths
        (n,) posix paths; rows of one file are in one set only if their file has relatives.
    labels
        (n,) anything that can be compared; None where it is not known.

    Returns
    -------
    list
        Sorted positions of rows of two files or more, by their first one.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row, path in enumerate(paths):
        rows[path].append(row)
    files = _files(list(rows))
    held = [{labels[row] for row in of} for of in rows.values()]
    known = [next(iter(of)) if len(of) == 1 else None for of in held]
    sets = joined(_links(files, known), len(files))
    of_file = [np.array(of, dtype=np.int64) for of in rows.values()]
    return sorted(
        (np.sort(np.concatenate([of_file[f] for f in each])) for each in sets), key=lambda each: int(each[0])
    )


def families_by_name(samples: Samples) -> list[list[str]]:
    """Return the sets of ids of `name_families` of samples; none where they have no paths."""
    if "path" not in samples.frame:
        return []
    paths = samples.frame["path"].astype(str).tolist()
    ids = samples.ids
    return [list(ids[each]) for each in name_families(paths, _comparable(samples.labels))]


def _comparable(labels: npt.NDArray[np.generic]) -> list[object]:
    if labels.ndim == 2:
        return [row.tobytes() for row in labels]
    return [None if value == NO_LABEL else value for value in labels.tolist()]


def _files(paths: Sequence[str]) -> list[_File]:
    split = [
        (folder, folded(name.rpartition(".")[0] or name)) for folder, _, name in (p.rpartition("/") for p in paths)
    ]
    beside: dict[str, set[str]] = defaultdict(set)
    for folder, name in split:
        beside[folder].add(name)
    files = [_File(folder, name, base_name(name, beside[folder])) for folder, name in split]
    # "x (1)" without an "x" beside it: a copy of the one elsewhere, unless its folder is numbered so
    numbered = Counter((file.folder, unnumbered(file.name)) for file in files if not file.derived)
    named = {file.name for file in files}
    return [
        _File(file.folder, file.name, plain)
        if not file.derived and plain in named and not _is_number(plain) and numbered[file.folder, plain] < SERIES
        else file
        for file, plain in zip(files, (unnumbered(file.name) for file in files), strict=True)
    ]


def _links(files: Sequence[_File], labels: Sequence[object]) -> list[tuple[int, int]]:
    """Return pairs of files that belong together."""
    here: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, file in enumerate(files):
        here[file.folder, file.base].append(at)
    links: list[tuple[int, int]] = []
    strays: dict[str, list[int]] = defaultdict(list)
    for (_, base), each in here.items():
        derived = [at for at in each if files[at].derived]
        if not derived:
            continue
        links += _chain(each)
        if len(derived) == len(each):
            strays[base] += each
    originals: dict[str, list[int]] = defaultdict(list)
    for at, file in enumerate(files):
        if not file.derived and file.base in strays:
            originals[file.base].append(at)
    for base, derived in strays.items():
        for each in _sets_elsewhere(base, derived, originals[base], files, labels):
            links += _chain(each)
    return links


def _chain(files: Sequence[int]) -> list[tuple[int, int]]:
    return [(files[0], at) for at in files[1:]]


def _sets_elsewhere(
    base: str, derived: Sequence[int], originals: Sequence[int], files: Sequence[_File], labels: Sequence[object]
) -> Iterator[list[int]]:
    """Yield sets of files of one base name: copies without an original in their folder, and what they belong to."""
    strays: dict[object, list[int]] = defaultdict(list)
    for at in derived:
        strays[labels[at]].append(at)
    orphans: list[int] = []
    for label, each in strays.items():
        same = [at for at in originals if labels[at] == label] if label is not None else []
        if same:
            yield from _by_folder(each, same, files)
            continue
        if label is not None:
            yield from _alone(base, each, files)
        for at in each:
            found = _named_alike(at, originals, files) or ([] if _is_number(base) else originals)
            if len(found) == 1:
                yield [found[0], at]
            elif not originals:
                orphans.append(at)
    if len({files[at].folder for at in orphans}) <= FOLDERS and not re.search(r"\d\)?$", base):
        yield orphans


def _by_folder(derived: Sequence[int], originals: Sequence[int], files: Sequence[_File]) -> Iterator[list[int]]:
    """Yield copies with the originals of a folder called like theirs, or, where there are none, with all."""
    # aug/series3/1_rot90 comes from raw/series3/1 rather than from raw/series4/1
    by_folder: dict[str, list[int]] = defaultdict(list)
    for at in originals:
        by_folder[files[at].last].append(at)
    for last, of in by_folder.items():
        yield [*of, *(at for at in derived if files[at].last == last)]
    lost = [at for at in derived if files[at].last not in by_folder]
    if lost:
        yield [*originals, *lost]


def _alone(base: str, derived: Sequence[int], files: Sequence[_File]) -> Iterator[list[int]]:
    """Yield copies under one label whose original is not among the rows of that label."""
    if not _is_number(base):
        yield list(derived)
        return
    by_folder: dict[str, list[int]] = defaultdict(list)  # a bare number is that of another series
    for at in derived:
        by_folder[files[at].last].append(at)
    yield from by_folder.values()


def _named_alike(at: int, originals: Sequence[int], files: Sequence[_File]) -> list[int]:
    """Return the originals in folders called like that of a copy."""
    return [one for one in originals if files[at].last and files[one].last == files[at].last]


def _is_number(base: str) -> bool:
    return not re.search(r"[^\W\d_]", base)

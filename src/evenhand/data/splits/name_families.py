"""Families by name: files whose names say that they are copies, versions or augmentations of one another.

A name says so by what stands at its end after a separator: `_rot90`, `_aug3`, `_v2`, ` - Copy`. Bare numbers
say nothing: img_001 and img_002 are two pictures.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from evenhand.base.text.cells import spelling
from evenhand.base.values import NO_LABEL, Ints, Samples
from evenhand.data.splits.group_joins import joined

# Words that need a number are ordinary words without one (a fish's scale, a shift key).
_CHANGES = r"""
aug(ment(ed|ation)?)?\d* | rot(at(ed?|ion))?[-_]?\d*(cc?w)?(deg)?
| (h|v)?flip(p?ed)?[-_]?(h|v|x|y|lr|ud|hv|[xy]axis)?\d*
| mirror(ed)?[-_]?[hvxy]?\d* | transposed? | scal(e|ed|ing)[-_]?\d+([.p]\d+)?x? | (re)?scaled
| resized?([-_]?\d+(x\d+)?)?
| (rand(om)?)?crop(ped)?\d* | zoom(ed)?\d* | shift(ed)?[-_]?[hvxy]?\d+ | shifted | translated?\d*
| shear(ed)?\d* | warp(ed)?\d* | jitter(ed)?\d* | elastic\d* | nois[ey]\d* | blur(red)?\d*
| bright(ness|en(ed)?)?\d+ | contrast\d+ | gamma\d+ | gr[ae]yscale
"""
_VERSIONS = r""" (v|ver|version|rev|revision)[-_.]?\d+([._]\d+)* | rev[-_.\ ]?[a-z] | final\d* | backup\d* |
bak\d* | edit(ed)?\d* | (re)?saved | dup(licate|e)?\d*
"""
_CJK = "副本|复制|複製|コピー|복사본"  # written without a separator too
_COPIES = rf"(copy|copie|kopie|kopia|copia|cópia|копия|{_CJK})[-_ ]*(\(?\d+\)?)?"

_SUFFIX = re.compile(rf"(?:[-_. ]+|(?<=[\w)])(?=\(|{_CJK}))\(?(?:{_CHANGES}|{_VERSIONS}|{_COPIES})\)?$", re.VERBOSE)
# Exports of Roboflow: shaft_jpg.rf.0123456789abcdef0123456789abcdef
_ROBOFLOW = re.compile(r"[._](?:jpe?g|png|bmp|webp|tiff?)\.rf\.[0-9a-z]{16,}$")
_PREFIX = re.compile(r"^(?:copy of|copy \(\d+\) of|copie de|kopie von|копия|副本)[-_ ]+")
_NUMBERED = re.compile(r"[-_ ]?\(\d{1,3}\)$")
LONGEST = 255
"""Longer names, which no file system writes, are taken as they are."""


@dataclass(frozen=True)
class _File:
    """A file: its folder, its name without suffix, the name that it was derived from."""

    folder: str
    name: str
    base: str

    @property
    def derived(self) -> bool:
        return self.base != self.name


def base_name(name: str, taken: Iterable[str] = ()) -> str:
    """Return the name that a file name (without its suffix) says it was derived from, or the name itself.

    Parameters
    ----------
    name
        A name, whose case is ignored.
    taken
        Names beside it, in lower case. "x (2)" is a copy of "x" only if that is there: whole folders are
        numbered so.

    Examples
    --------
    >>> [base_name(name) for name in ("shaft_12_rot90_flip", "Lime 3 - Copy (2)", "img_001", "part-2", "轴-副本")]
    ['shaft_12', 'lime 3', 'img_001', 'part-2', '轴']
    >>> base_name("x (2)"), base_name("x (2)", ["x"])
    ('x (2)', 'x')
    """
    name = spelling(name).casefold()
    if len(name) > LONGEST:
        return name
    while True:
        shorter = _shortened(name, taken)
        if shorter == name:
            return name
        name = shorter


def _shortened(name: str, taken: Iterable[str]) -> str:
    for pattern in (_SUFFIX, _ROBOFLOW, _PREFIX):
        shorter = pattern.sub("", name).strip()
        # a name that consists of such words ("copy", "v2") is a name
        if shorter and shorter != name and re.search(r"\w", shorter):
            return shorter
    plain = _NUMBERED.sub("", name).strip()
    return plain if plain != name and plain in taken else name


def name_families(paths: Sequence[str], labels: Sequence[object]) -> list[Ints]:
    """Return sets of rows whose files are derived from one another by their names.

    A derived file belongs to the files of the same base name in its folder. If its original is not there, it
    belongs to those of that name and its label elsewhere: in the folder called like its own, if there is one,
    or else in all.

    Parameters
    ----------
    paths
        (n,) posix paths; rows of one file belong together only if their file has relatives.
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
    split = [(folder, name.rpartition(".")[0] or name) for folder, _, name in (p.rpartition("/") for p in paths)]
    beside: dict[str, set[str]] = defaultdict(set)
    for folder, name in split:
        beside[folder].add(spelling(name).casefold())
    return [_File(folder, spelling(name).casefold(), base_name(name, beside[folder])) for folder, name in split]


def _links(files: Sequence[_File], labels: Sequence[object]) -> list[tuple[int, int]]:
    """Return pairs of files that belong together."""
    here: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, file in enumerate(files):
        here[file.folder, file.base].append(at)
    links: list[tuple[int, int]] = []
    strays: dict[tuple[object, str], list[int]] = defaultdict(list)
    for each in here.values():
        derived = [at for at in each if files[at].derived]
        if not derived:
            continue
        links += [(each[0], at) for at in each[1:]]
        if len(derived) == len(each):
            for at in each:
                if labels[at] is not None:
                    strays[labels[at], files[at].base].append(at)
    return links + _links_elsewhere(files, labels, strays)


def _links_elsewhere(
    files: Sequence[_File], labels: Sequence[object], strays: dict[tuple[object, str], list[int]]
) -> list[tuple[int, int]]:
    """Return pairs of derived files without an original in their folder, and files of that name elsewhere."""
    originals: dict[tuple[object, str], list[int]] = defaultdict(list)
    for at, file in enumerate(files):
        if not file.derived and (labels[at], file.base) in strays:
            originals[labels[at], file.base].append(at)
    links: list[tuple[int, int]] = []
    for key, derived in strays.items():
        found = originals.get(key) or derived
        # aug/series3/1_rot90 comes from raw/series3/1 rather than from raw/series4/1
        by_folder: dict[str, list[int]] = defaultdict(list)
        for at in found:
            by_folder[_last(files[at].folder)].append(at)
        everywhere = [at for at in derived if _last(files[at].folder) not in by_folder]
        if key not in originals and re.search(r"[^\W\d_]", key[1]):
            everywhere = derived  # of one original that is not here; a bare number is that of another series
        sets = [[*of, *(at for at in derived if _last(files[at].folder) == last)] for last, of in by_folder.items()]
        for each in [*sets, [*found, *everywhere] if everywhere else []]:
            links += [(each[0], at) for at in each[1:] if at != each[0]]
    return links


def _last(folder: str) -> str:
    return folder.rpartition("/")[2]

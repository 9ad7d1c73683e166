"""Words in the names of files that are not the label itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from evenhand.base.values import Floats

_WORD = re.compile(r"[^\W\d_]+")


def name_words(
    paths: Sequence[str], labels: Iterable[str], *, most: int = 64, least_rows: int = 3
) -> tuple[tuple[str, ...], Floats]:
    """Return words of the names of files (without folders and suffixes), and (n, words) 0/1 which row has which.

    Numbers are left out: files are numbered in the order in which they were collected. So are words of a label, and
    words that contain one or lie in one ("alg" of "algorithm"): where folders, a pattern or a table name the
    classes, files often repeat them, and that is how the label was given rather than a leak.

    Parameters
    ----------
    labels
        Names of classes, also those before renaming, and of coarser ones.
    most, least_rows
        Words that are kept, the most frequent ones; and rows in which each occurs at least, and does not occur.

    >>> name_words(["a/cat_scan01.jpg", "a/cat_scan02.jpg", "a/cat_web.jpg"], ["cats"], least_rows=1)[0]
    ('scan', 'web')
    """
    stems = [path.rpartition("/")[2].rpartition(".")[0] or path.rpartition("/")[2] for path in paths]
    words = [set(_WORD.findall(stem.casefold())) for stem in stems]
    named = {part for label in labels for part in _WORD.findall(label.casefold())}
    counts = Counter(word for found in words for word in found)
    kept = [
        word
        for word, count in counts.most_common()
        if least_rows <= count <= len(paths) - least_rows and not any(_related(word, part) for part in named)
    ][:most]
    held = np.array([[word in found for word in kept] for found in words], dtype=np.float64)
    return tuple(kept), held.reshape(len(paths), len(kept))


def _related(word: str, label: str) -> bool:
    short, long = sorted((word, label), key=len)
    return short == long or (short in long and (len(short) >= 3 or not short.isascii()))

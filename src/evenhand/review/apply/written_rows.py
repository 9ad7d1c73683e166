"""Rows as files and table have them: without corrections, and before classes are renamed, merged or left out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from evenhand.base.values import Strings
from evenhand.data.roots.root import Root, root_of
from evenhand.data.tables.labels.label_encoding import Row
from evenhand.review.rows.from_config import ReviewedData
from evenhand.settings.load import Settings

PathAndClasses: TypeAlias = tuple[str, Row]


@dataclass(frozen=True, eq=False)
class WrittenRows:
    """n rows: their ids, the paths of their files, the hashes of their contents, and their classes as written."""

    root: Root
    ids: Strings
    paths: Strings
    contents: Strings
    classes: list[Row]

    @property
    def pairs(self) -> list[PathAndClasses]:
        """(n,) path and classes, by which rows before and after a change are compared."""
        return list(zip(map(str, self.paths), self.classes, strict=True))


def written_rows(settings: Settings) -> WrittenRows:
    """Return the rows of a configuration as files and table have them.

    Raises
    ------
    DataError
        If they cannot be read.
    """
    raw: dict[str, Any] = {
        "corrections": None,
        "rename": {},
        "drop": [],
        "classes": [],
        "levels": [],
        "exclusive": [],
        "min_count": 1,
    }
    data = ReviewedData.model_validate({**settings.data.model_dump(), **raw})
    root = root_of(data)
    samples, _ = settings.kind.samples(root, data, settings.kind_config)
    if samples.multi_label:
        held = samples.labels >= 1
        classes = [tuple(samples.classes[c] for c in np.flatnonzero(row)) for row in held]
    else:
        classes = [(samples.classes[label],) for label in samples.labels]
    frame = samples.frame
    return WrittenRows(
        root, samples.ids, frame["path"].to_numpy(object), frame["content"].to_numpy(object), classes
    )


def digest(rows: Iterable[PathAndClasses]) -> str:
    """Return a hash of rows, whatever their order."""
    found = hashlib.blake2b(digest_size=16)
    for path, classes in sorted((path, sorted(classes)) for path, classes in rows):
        found.update(repr((path, classes)).encode("utf-8", "backslashreplace"))
    return found.hexdigest()


def differences(expected: Iterable[PathAndClasses], found: Iterable[PathAndClasses], *, most: int = 3) -> list[str]:
    """Return a sentence for the first rows that are in one of two sets only; none where they are equal."""
    one, two = (Counter((path, tuple(sorted(classes))) for path, classes in rows) for rows in (expected, found))
    gone, new = sorted((one - two).elements()), sorted((two - one).elements())
    return [
        *(f'"{path}" is not there as {", ".join(classes) or "of no class"}.' for path, classes in gone[:most]),
        *(
            f'"{path}" is {", ".join(classes) or "of no class"}, which was not planned.'
            for path, classes in new[:most]
        ),
    ]

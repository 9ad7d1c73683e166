"""Files that a record names: read only while they hold what the run read.

A record may be somebody else's. The folder in it is then a wish, not a fact: whoever asks for the report of such a
record must not find pictures of their own files in it, and rows under its hashes must not get into their store. Who
wrote the record knows the hash of each file only if they had the file themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.escaping import printable
from evenhand.data.roots.root import Root
from evenhand.modalities.kind import Kind

CONTENT = "content"
"""Column of the samples with the hash of what a row was read from."""


def check_unchanged(kind: Kind, kind_config: Any, root: Root, frame: pd.DataFrame) -> None:
    """Raise `DataError` unless the files of (n, …) rows of a record hold what the run read."""
    if CONTENT not in frame:
        raise DataError("The record does not say what its rows were read from, so their files are not read again.")
    now = kind.contents(root, frame, kind_config)
    other = [one != held for one, held in zip(now, frame[CONTENT].astype(str), strict=True)]
    if any(other):
        first = int(np.flatnonzero(other)[0])
        reason = f", which {now[first]}" if isinstance(now[first], DataError) else ""
        raise DataError(
            f"{root.path}: {sum(other):,} of {len(frame):,} rows are not there as the run read them (first: "
            f'"{printable(str(frame["path"].iloc[first]))}"{reason}). Put the files back that the run was made on.'
        )


def recorded_picture(kind: Kind, kind_config: Any, root: Root, row: Mapping[str, Any], side: int) -> str:
    """Return `Kind.picture_of` of a row of a record; raises `DataError` if its file holds something else."""
    check_unchanged(kind, kind_config, root, pd.DataFrame([dict(row)]))
    return kind.picture_of(root, row, side)

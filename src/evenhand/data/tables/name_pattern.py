"""Classes in the names of files: the table that a regular expression implies."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.data.config import DataConfig
from evenhand.data.roots.file_names import some
from evenhand.data.roots.root import Root
from evenhand.data.roots.skipped import Skipped, findings_of
from evenhand.data.tables.class_folders import files_of
from evenhand.data.tables.table import LabelTable

SECONDS = 20.0
"""Time for all names of a root; a pattern takes microseconds a name unless it tries all ways to divide it."""

# Matching holds the interpreter's lock and cannot be stopped from outside: only another process can be.
_MATCH = """
import json, re, sys
pattern, names = json.load(sys.stdin)
found = [re.search(pattern, name) for name in names]
json.dump([match and match.groupdict() for match in found], sys.stdout)
"""


def read_names(root: Root, data: DataConfig, suffixes: Collection[str]) -> LabelTable:
    """Return a table of path, label, folder, and a column for every further named group of `data.label_pattern`.

    The pattern is searched in the posix path below the root. Files in which it does not occur, or finds an empty
    class, are left out with a finding.

    Raises
    ------
    DataError
        If there are no files of the kind, the pattern fits none, or takes too long.
    """
    assert data.label_pattern is not None
    names = files_of(root, suffixes, data.kind)
    found = search_names(data.label_pattern, names)
    keep = np.array([match is not None and bool((match["label"] or "").strip()) for match in found], dtype=bool)
    if not keep.any():
        raise DataError(
            f'{root.path}: data.label_pattern = "{data.label_pattern}" finds a class in none of the {len(names):,} '
            f"{data.kind} (such as {some(names, most=3)}). It is searched in the path below the root, with / "
            "between folders."
        )
    inside = [name for name, kept in zip(names, keep, strict=True) if kept]
    parts = [match for match, kept in zip(found, keep, strict=True) if kept and match is not None]
    columns: dict[str, list[str | None]] = {
        data.path: list(inside),
        data.label: [(match["label"] or "").strip() for match in parts],
        "folder": [name.rpartition("/")[0] for name in inside],
    }
    for name in re.compile(data.label_pattern).groupindex:
        if name != "label":
            columns[name] = [match[name] for match in parts]
    left = [Skipped(name, "data.label_pattern finds no class in the name") for name in _left(names, keep)]
    return LabelTable(
        root.path.name,
        pd.DataFrame(columns, dtype=object),
        np.arange(1, len(inside) + 1),
        findings=tuple(findings_of(left, root.path.name)),
    )


def search_names(
    pattern: str, names: Sequence[str], *, seconds: float = SECONDS
) -> list[dict[str, str | None] | None]:
    """Return (n,) the named groups of the first match in each name, None where there is none.

    Raises
    ------
    DataError
        If it takes more than `seconds`.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _MATCH],
            input=json.dumps([pattern, list(names)]),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=seconds,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise DataError(
            f'data.label_pattern = "{pattern}" takes more than {seconds:g} s on {len(names):,} names. Repeats '
            "inside repeats, such as (a+)+, try every way to divide a name; write what may lie between two "
            'separators instead: "[^/_]+".'
        ) from None
    except (OSError, subprocess.CalledProcessError) as error:
        raise DataError(f"data.label_pattern cannot be searched: {error}.") from None
    return list(json.loads(done.stdout))


def _left(names: Sequence[str], keep: Collection[bool]) -> list[str]:
    return [name for name, kept in zip(names, keep, strict=True) if not kept]

"""Documents and tables changed as nobody checks for: by what they mean, not by their bytes."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from evenhand.base.text.toml_text import toml_document
from evenhand.testing import damage

Way = Callable[[bytes, np.random.Generator], bytes]

_CELLS = (
    "", "x", "-1", "1e400", "nan", "99999999999999999999", "\x00", "../..", "True", "a\u2028b", "=1+1", "1.5",
    "é" * 3000,
)  # fmt: skip
_COLUMNS: tuple[Callable[[int], Any], ...] = (
    lambda n: [None] * n,
    lambda n: ["x"] * n,
    lambda n: np.full(n, np.nan),
    lambda n: np.full(n, np.inf),
    lambda n: np.full(n, -5),
    lambda n: np.full(n, 2**62),
    lambda n: np.zeros(n, dtype=bool),
    lambda n: [[1, 2]] * n,
    lambda n: [{"a": 1}] * n,
    lambda n: [b"\xff\x00"] * n,
    lambda n: np.full(n, np.datetime64("2020-01-01")),
    lambda n: [f"{at}" for at in range(n)],
    lambda n: pd.Categorical(["a"] * n),
)


def odd_cells(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return a CSV with some other cells, a column renamed, or a line with more or fewer cells."""
    lines = [line.split(",") for line in raw.decode("utf-8", "replace").split("\n") if line]
    if not lines:
        return damage.overwrite(raw, rng)
    for _ in range(int(rng.integers(1, 4))):
        line = lines[int(rng.integers(len(lines)))]
        at, cell = int(rng.integers(len(line))), _CELLS[int(rng.integers(len(_CELLS)))]
        act = int(rng.integers(4))
        if act == 0:
            line.insert(at, cell)
        elif act == 1 and len(line) > 1:
            del line[at]
        else:
            line[at] = cell
    return "\n".join(",".join(line) for line in [*lines, []]).encode("utf-8", "surrogatepass")


def odd_columns(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return a Parquet table with a column of another type, without one, without rows, or with rows twice."""
    table = pd.read_parquet(io.BytesIO(raw))
    name = str(table.columns[int(rng.integers(len(table.columns)))])
    act = int(rng.integers(8))
    if act == 0:
        table = table.drop(columns=name)
    elif act == 1:
        table = table.iloc[:0]
    elif act == 2:
        table = pd.concat([table, table])
    elif act == 3:
        table = table.rename(columns={name: f"{name}x"})
    elif act == 4:
        table = table.iloc[: len(table) // 2]
    elif act == 5 and len(table):
        table = table.astype(object)
        table.iloc[int(rng.integers(len(table))), table.columns.get_loc(name)] = None
    else:
        table[name] = _COLUMNS[int(rng.integers(len(_COLUMNS)))](len(table))
    out = io.BytesIO()
    try:
        table.to_parquet(out, index=bool(rng.integers(2)))
    except (pa.ArrowException, ValueError, TypeError):
        pq.write_table(pa.table({name: [1, 2]}), out)
    return out.getvalue()


def odd_settings(raw: bytes, rng: np.random.Generator) -> bytes:
    """Return TOML in which a value has become another, as `damage.odd_types` does it to JSON."""
    changed = damage.odd_types(json.dumps(tomllib.loads(raw.decode()), default=str).encode(), rng)
    try:
        found = json.loads(changed)
        return toml_document(found).encode("utf-8", "surrogatepass") if isinstance(found, dict) else changed
    except ValueError:
        return changed


_OWN: dict[str, tuple[Way, ...]] = {
    ".json": (damage.odd_types,),
    ".jsonl": (damage.odd_types, damage.odd_types),
    ".toml": (odd_settings,),
    ".csv": (odd_cells,),
    ".parquet": (odd_columns,),
}


def mutated(name: str, raw: bytes, rng: np.random.Generator) -> tuple[str, bytes]:
    """Return what was done, and the changed bytes: three times of four a change of the format, else any."""
    own = _OWN.get(PurePath(name).suffix, ())
    ways = own if own and rng.random() < 0.75 else (*damage.EVERY, *damage.DOCUMENT)
    way = ways[int(rng.integers(len(ways)))]
    return str(getattr(way, "__name__", way)), way(raw, rng)

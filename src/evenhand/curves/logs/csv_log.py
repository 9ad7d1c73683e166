"""A CSV of epochs or steps: of a script, metrics.csv of Lightning, the CSVLogger of Keras, a table of fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.counted import count
from evenhand.base.values import Floats, Ints, Mask
from evenhand.curves.logs.column_names import EPOCHS, STEPS, WHOSE, read_as
from evenhand.curves.logs.raw_log import RawLog, Series, no_curves
from evenhand.curves.logs.table_rows import table_rows
from evenhand.curves.metric_words import metric_name
from evenhand.data.tables.csv_dialect import decode_csv, fits

_MISSING = frozenset(("", "none", "null", "na", "n/a", "-"))
"""Cells without a value; "nan" is a value that is not a number."""
_COMMA = r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?"
"""A number with a decimal comma; cells are then separated by something else."""
_EXPORT = re.compile(r"(?P<run>.+) - (?P<metric>.+?)(?P<end>__(?:MIN|MAX))?")
"""A column of a chart exported from Weights & Biases: a run and a metric; minimum and maximum stand beside it."""


def read_csv_log(raw: bytes, name: str, columns: Mapping[str, str] = MappingProxyType({})) -> list[RawLog]:
    """Return the fits of a CSV: one, or one for each model, fold and seed where it has such columns.

    `columns` are the names that a person gives to columns.

    Raises
    ------
    DataError
        If it is not a table, two columns have one name, or nothing in it is a metric.
    """
    frame, notes = _frame(raw, name)
    seen = tuple(str(column) for column in frame)
    named = read_as(seen, columns)
    frame = frame[list(named)].rename(columns=named)
    return [replace(log, columns=seen) for log in _fits_of(frame, name, seen, notes)]


def _fits_of(frame: pd.DataFrame, name: str, seen: tuple[str, ...], notes: list[str]) -> list[RawLog]:
    """Return the fits of a table whose columns have the names that they are read as."""
    at = {str(column).strip().lower(): str(column) for column in frame}
    epoch, step, *whose = (
        next((at[known] for known in names if known in at), "") for names in (EPOCHS, STEPS, *WHOSE.values())
    )
    if exported := _exported(frame, [epoch, step, *whose]):
        return [one for run, own in exported.items() for one in _logs(own, run, seen, (epoch, step), whose, notes)]
    return _logs(frame, name, seen, (epoch, step), whose, notes)


def _exported(frame: pd.DataFrame, roles: list[str]) -> dict[str, pd.DataFrame]:
    """Return run -> its columns, of charts exported from Weights & Biases; empty for other tables."""
    matches = {str(c): _EXPORT.fullmatch(str(c)) for c in frame if c not in roles}
    if not matches or not all(matches.values()):
        return {}
    shared = [role for role in roles if role]
    runs: dict[str, dict[str, str]] = {}
    for column, match in matches.items():
        if match is not None and not match["end"] and metric_name(match["metric"]) is not None:
            runs.setdefault(match["run"], {})[column] = match["metric"]
    return {run: frame[[*shared, *own]].rename(columns=own) for run, own in runs.items()}


def _logs(
    frame: pd.DataFrame,
    name: str,
    seen: tuple[str, ...],
    axis: tuple[str, str],
    whose: list[str],
    notes: list[str],
) -> list[RawLog]:
    """Return the fits of a table whose columns have known roles."""
    others = [str(c) for c in frame if c not in (*axis, *whose)]
    columns = {c: _column(frame[c], c, notes) for c in others if metric_name(c) is not None}
    columns = {c: found for c, found in columns.items() if found[1].any()}
    if not columns:
        raise no_curves(name, seen)
    axes = [_axis(frame, column, notes) for column in axis]
    logs = []
    for labels, rows in _fits(frame, whose):
        series = []
        for column, (values, there) in columns.items():
            mine = rows[there[rows]]
            series.append(Series(column, axes[0][mine], axes[1][mine], values[mine]))
        model, fold, seed = labels
        kept = tuple(one for one in series if len(one.values))
        logs.append(RawLog(model or name, kept, _number(fold), _number(seed), notes=tuple(notes)))
    return logs


def _frame(raw: bytes, name: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells as text, rows of the wrong width and repeated headers left out, and notes about them."""
    text, findings = decode_csv(raw, name, None)
    rows = table_rows(text)
    first = next(rows, None)
    if first is None:
        raise DataError(f"{name}: is empty. A log has a line with the names of columns, and a line for each epoch.")
    header = [cell.strip() for cell in first[1]]
    twice = sorted({cell for cell in header if cell and header.count(cell) > 1})
    if twice:
        raise DataError(f"{name}: two columns are called {twice[0]}. Rename one of them.")
    kept, odd, last = [], [], 0
    for line, row in rows:
        last = line
        if [cell.strip() for cell in row] == header:
            continue  # a second training appended to the file, with its header
        if fits(row, len(header)):
            kept.append(row[: len(header)])
        else:
            odd.append(line)
    notes = [finding.message for finding in findings]
    if odd == [last]:
        notes.append(f"The last line ({last:,}) is cut off and was left out.")
    elif odd:
        notes.append(f"{count(len(odd), 'line')} without {len(header)} cells left out (first: line {odd[0]:,}).")
    if not kept:
        raise DataError(f"{name}: has no rows below its header.")
    cells = np.array(kept, dtype=object)
    named = [(column, at) for at, column in enumerate(header) if column]
    return pd.DataFrame({column: cells[:, at] for column, at in named}), notes


def _column(cells: pd.Series[str], name: str, notes: list[str]) -> tuple[Floats, Mask]:
    """Return (n,) numbers and (n,) which cells have one; cells of words are counted in the notes."""
    text = cells.str.strip()
    missing = text.str.lower().isin(_MISSING).to_numpy(dtype=bool)
    commas = text.str.fullmatch(_COMMA)
    percents = text.str.endswith("%")
    text = text.mask(commas, text.str.replace(",", "."))
    values = pd.to_numeric(text.where(~missing).str.removesuffix("%"), errors="coerce").to_numpy(dtype=np.float64)
    values = np.where(percents.to_numpy(dtype=bool), values / 100, values)
    unread = np.isnan(values) & ~missing
    unread &= ~text.str.lower().str.strip("+-").isin(("nan", "1.#qnan")).to_numpy(dtype=bool)
    there = ~missing & ~unread
    if unread.any() and there.any():
        row = int(np.flatnonzero(unread)[0])
        what = text.iloc[row][:20]
        cell = count(int(unread.sum()), "cell")
        notes.append(f'{cell} of {name} left out for holding no number (first: "{what}" in row {row + 1:,}).')
    return values, there


def _axis(frame: pd.DataFrame, name: str, notes: list[str]) -> Floats:
    """Return (n,) epochs or steps; NaN where there are none."""
    return _column(frame[name], name, notes)[0] if name else np.full(len(frame), np.nan)


def _fits(frame: pd.DataFrame, whose: list[str]) -> Iterator[tuple[list[str], Ints]]:
    """Yield model, fold and seed ("" where there is no such column), and the rows of each fit."""
    by = [column for column in whose if column]
    if not by:
        yield [""] * len(whose), np.arange(len(frame))
        return
    for key, rows in frame.groupby(by, sort=False).indices.items():
        given = dict(zip(by, key if isinstance(key, tuple) else (key,), strict=True))
        yield [str(given.get(column, "")).strip() for column in whose], np.sort(rows)


def _number(text: object) -> int | None:
    """Return the whole number that a fold or seed is; None for anything else."""
    word = str(text).strip().removesuffix(".0")
    return int(word) if word.isdecimal() and len(word) < 10 else None

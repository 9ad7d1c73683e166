"""JSON: trainer_state.json of Hugging Face, a Keras history, lists of records, and JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import json_lines
from evenhand.base.text.counted import count
from evenhand.curves.logs.column_names import EPOCHS, STEPS, read_as
from evenhand.curves.logs.raw_log import RawLog, Series, no_curves
from evenhand.curves.metric_words import metric_name


def read_json_log(raw: bytes, name: str, columns: Mapping[str, str] = MappingProxyType({})) -> list[RawLog]:
    """Return the one fit of a JSON or JSON Lines file.

    `columns` are the names that a person gives to keys.

    Raises
    ------
    DataError
        If it is not JSON, or nothing in it is a metric by epoch.
    """
    text = raw.decode("utf-8-sig", errors="replace")
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        records, skipped = _records(text)
        if len(records) < 1:
            at = f"line {error.lineno}, column {error.colno}"
            raise DataError(f"{name}: is not JSON, or is cut off ({at}: {error.msg}). Write it again.") from None
        notes = (
            (f"{count(skipped, 'line')} that {'are' if skipped > 1 else 'is'} no JSON left out.",)
            if skipped
            else ()
        )
        return [_of_records(records, name, columns, notes=notes)]
    except (RecursionError, ValueError) as error:  # nested too deeply; a number of thousands of digits
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error).split(";")[0]
        raise DataError(f"{name}: is not a log ({reason}).") from None
    return [_of_document(document, name, columns)]


def _of_document(document: Any, name: str, columns: Mapping[str, str]) -> RawLog:
    if isinstance(document, list):
        return _of_records([one for one in document if isinstance(one, dict)], name, columns)
    if not isinstance(document, dict):
        raise no_curves(name, [])
    if isinstance(document.get("log_history"), list):
        # The last entry sums the training up: its train_loss is the mean over all epochs.
        entries = [e for e in document["log_history"] if isinstance(e, dict) and "train_runtime" not in e]
        return _of_records(entries, name, columns, completed=True)
    inner = document.get("history")
    if isinstance(inner, list):
        return _of_records([one for one in inner if isinstance(one, dict)], name, columns)
    table = inner if isinstance(inner, dict) else document
    named = {word: table[key] for key, word in read_as(map(str, table), columns).items()}
    epochs = document.get("epoch") if isinstance(inner, dict) else named.get("epoch")
    return _of_columns(named, epochs if isinstance(epochs, list) else None, name, tuple(table))


def _of_columns(
    columns: Mapping[str, Any], epochs: Sequence[Any] | None, name: str, seen: tuple[str, ...]
) -> RawLog:
    """Return the fit of name -> list of one value per epoch; a list, or an object {"0": …} as pandas writes it."""
    series, notes = [], []
    for key, column in columns.items():
        values = list(column.values()) if isinstance(column, dict) else column
        if not isinstance(values, list) or metric_name(key) is None:
            continue
        numbers = [_number(value) for value in values]
        there = [at for at, number in enumerate(numbers) if number is not None]
        if len(there) < len(numbers) and there:
            notes.append(f"{count(len(numbers) - len(there), 'value')} of {key} left out for being no number.")
        given = epochs if epochs is not None and len(epochs) == len(values) else range(1, len(values) + 1)
        at = np.array([_number(e) if _number(e) is not None else np.nan for e in given], dtype=np.float64)[there]
        found = np.array([numbers[t] for t in there], dtype=np.float64)
        series.append(Series(key, at, np.full(len(at), np.nan), found))
    kept = tuple(one for one in series if len(one.values))
    if not kept:
        raise no_curves(name, seen)
    return RawLog(name, kept, notes=tuple(notes), columns=seen)


def _of_records(
    records: Sequence[Mapping[str, Any]],
    name: str,
    columns: Mapping[str, str],
    *,
    completed: bool = False,
    notes: tuple[str, ...] = (),
) -> RawLog:
    """Return the fit of records that each hold an epoch or step and some metrics."""
    found: dict[str, tuple[list[float], list[float], list[float]]] = {}
    seen = tuple(dict.fromkeys(str(key) for record in records for key in record))
    named = read_as(seen, columns)
    for entry in records:
        record = {word: entry[key] for key, word in named.items() if key in entry}
        epoch, step = (next((record[k] for k in keys if k in record), None) for keys in (EPOCHS, STEPS))
        for key, value in record.items():
            number = None if key in (*EPOCHS, *STEPS) else _number(value)
            if number is None or metric_name(str(key)) is None:
                continue
            epochs, steps, values = found.setdefault(str(key), ([], [], []))
            for axis, at in ((epochs, epoch), (steps, step)):
                known = _number(at)
                axis.append(np.nan if known is None else known)
            values.append(number)
    if not found:
        raise no_curves(name, seen)
    series = tuple(
        Series(key, *(np.array(part, dtype=np.float64) for part in parts)) for key, parts in found.items()
    )
    return RawLog(name, series, completed=completed, notes=notes, columns=seen)


def _records(text: str) -> tuple[list[dict[str, Any]], int]:
    """Return the objects of a JSON Lines text, and how many other lines that are not empty it has."""
    records, other = [], 0
    for line in json_lines(text):
        if not line.strip():
            continue
        try:
            one = json.loads(line)
        except (json.JSONDecodeError, RecursionError, ValueError):
            one = None
        if isinstance(one, dict):
            records.append(one)
        else:
            other += 1
    return records, other


def _number(value: Any) -> float | None:
    """Return a number of JSON as a float; None for anything else, a word "NaN" being a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and value.strip().lower() not in ("nan", "inf", "-inf", "infinity", "-infinity"):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf")

"""Scan lines as they arrive, one line of text each, encoded as `encode` would encode the scan so far."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.values import Floats
from evenhand.modalities.scanlines.reading.arrays import DIRECTIONS
from evenhand.modalities.scanlines.reading.encode import (
    brought_to_width,
    channels,
    largest,
    line_deviations,
    line_steps,
    normalised,
    wanted_directions,
)
from evenhand.modalities.scanlines.reading.resample import line_groups
from evenhand.modalities.scanlines.reading.scan import Heights
from evenhand.modalities.streams import Step, StreamItem

_SHOWN = 20
"""Characters of a word that a message quotes."""


class LineStream:
    """Scan lines from text: lists of numbers, as JSON or CSV; a blank line or ``{"end": true}`` ends a scan.

    A line that cannot be used counts as not scanned, so that those after it keep their place. Of a scan at most a
    group of lines that are averaged is held, and level and deviation of the one before.

    Parameters
    ----------
    settings
        The section [scanlines] as plain values.
    planned
        Lines of every scan, as planned; None where no scan has more than `max_lines`.

    Raises
    ------
    EvenhandError
        If lines cannot be encoded before the scan is whole.
    """

    def __init__(self, settings: Mapping[str, Any], planned: int | None = None) -> None:
        how = settings["normalise"]
        if how != "line":
            raise EvenhandError(
                f'The run has scanlines.normalise = "{how}": no line can be '
                f"{'normalised' if how == 'scan' else 'encoded'} before its scan is whole. "
                'Models for streams are trained with normalise = "line".'
            )
        if planned is not None and planned < 1:
            raise EvenhandError(f"--lines is {planned}; a scan has at least 1 line.")
        self._settings, self._directions = settings, wanted_directions(settings)
        average = settings["longer"] == "average"
        self._planned = planned if planned is not None else settings["max_lines"] if average else None
        self._by = line_groups(planned, settings["max_lines"]) if average and planned is not None else 1
        self._begin()

    def _begin(self) -> None:
        self._lines = 0  # of the scan, those that could not be used too
        self._width = 0
        self._largest = 0.0
        self._encoded = 0  # groups
        self._group: list[Heights] = []
        # Level and deviation of the last group, in the unit of the heights.
        self._before: tuple[Floats, Floats] | None = None

    def read(self, text: str) -> StreamItem:
        """Return what a line of text is; see `StepStream`."""
        text = text.strip().removeprefix("\ufeff")
        if not text:
            return self._end("row")
        try:
            found = _parsed(text)
            if isinstance(found, str):
                return self._end("stream" if found == "stream" else "row")
            return self._line(self._heights(found))
        except DataError as error:
            return self.missed(str(error))

    def missed(self, fault: str) -> StreamItem:
        """Return the place of a line that could not be read; see `StepStream`."""
        return self._line(None, f"{fault}; the line counts as not scanned")

    def _line(self, heights: Heights | None, fault: str = "") -> StreamItem:
        self._lines += 1
        if self._planned is not None and self._lines > self._planned:
            return StreamItem(fault=self._too_many())
        return StreamItem(self._step(heights), fault)

    def _end(self, what: Any) -> StreamItem:
        self._begin()
        return StreamItem(ends=what)

    def _too_many(self) -> str:
        return (
            f"is line {self._lines:,} of a scan of at most {self._planned:,}, and is not used. State how many "
            "lines the scans have with --lines, and end each with a blank line"
        )

    def _heights(self, found: Mapping[str, Any]) -> Heights:
        """Return (c, w) heights; raises `DataError` if they do not fit the lines before."""
        parts = {name: _numbers(values) for name, values in found.items() if name in self._directions}
        if "forward" not in parts:
            raise DataError('has no "forward"')
        width = self._width or len(parts["forward"])
        for name, part in parts.items():
            if len(part) != width:
                before = "the lines before have" if self._width else "its forward direction has"
                raise DataError(f"has {len(part):,} values ({name}), where {before} {width:,}")
        if width < 2:
            raise DataError("has 1 value, too few for a line")
        self._width = width
        return np.stack([parts[name] if name in parts else np.full(width, np.nan) for name in self._directions])

    def _step(self, heights: Heights | None) -> Step | None:
        """Return the step after a further line, None where it changes nothing."""
        if heights is None:
            if not self._width or not (self._group or self._encoded):
                return None  # a scan begins with its first line that was scanned
            heights = np.full((len(self._directions), self._width), np.nan)
        if self._encoded >= self._settings["max_lines"]:
            return None  # longer = "first"
        self._group.append(heights)
        group = np.stack(self._group, axis=1)
        if np.isfinite(group).any():
            self._largest = max(self._largest, largest(group))
        level, lines, _ = brought_to_width(group / self._largest, self._by, self._settings)
        deviation = line_deviations(lines)
        own = (level, deviation)
        before = own if self._before is None else tuple(part / self._largest for part in self._before)
        pair = (np.concatenate(both, axis=1) for both in zip(before, own, strict=True))
        arrays = {
            "lines": normalised(lines, "line").astype(np.float16),
            "mask": np.isfinite(lines),
            "steps": line_steps(*pair)[:, 1:].astype(np.float16),
        }
        complete = len(self._group) == self._by
        if complete:
            self._group, self._before = [], (level * self._largest, deviation * self._largest)
            self._encoded += 1
        held = self._directions
        encoded = {name: channels(array, held, held) for name, array in arrays.items()}
        return Step(encoded, number=self._encoded + (not complete), kept=complete)


def _parsed(text: str) -> Mapping[str, Any] | str:
    """Return the values of each direction, or what ends: "row" or "stream"; raises `DataError`."""
    if text[0] not in "[{":
        words = text.split(",") if "," in text else text.split()
        # NumPy takes 1_0 for ten.
        return {"forward": [word.replace("_", "?") for word in words] if "_" in text else words}
    try:
        document = json.loads(text)
    except ValueError:
        raise DataError(f"is not JSON, or was cut off (it ends with {_quoted(text[-_SHOWN:])})") from None
    except RecursionError:
        raise DataError("is not a list of numbers (nested too deeply)") from None
    if isinstance(document, list):
        return {"forward": document}
    if document.get("end"):
        return "stream" if document["end"] == "stream" else "row"
    if not document.keys() & set(DIRECTIONS):
        raise DataError('has neither "forward" nor "end"')
    return document  # type: ignore[no-any-return]


def _numbers(values: Any) -> Floats:
    """Return (w,) finite numbers; raises `DataError` with the first value that is none."""
    types = {*map(type, values)} if isinstance(values, list) else set()
    plain = bool(types) and (types <= {int, float} or types == {str})  # numbers of JSON, or words of CSV
    try:
        found = np.array(values, dtype=np.float64) if plain else None
    except (TypeError, ValueError, OverflowError):
        found = None
    if found is not None and found.ndim == 1 and len(found) and np.isfinite(found).all():
        return found
    if not isinstance(values, list) or not values:
        raise DataError("holds no list of numbers")
    for place, value in enumerate(values, start=1):
        if not _is_number(value):
            raise DataError(f"has {_quoted(value)} as value {place}, which is not a finite number")
    raise DataError("holds no list of numbers")


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool | list | dict) and bool(np.isfinite(float(value)))
    except (TypeError, ValueError, OverflowError):
        return False


def _quoted(value: Any) -> str:
    """Return a value as JSON, shortened."""
    words = json.dumps(value, ensure_ascii=False)
    return words if len(words) <= _SHOWN + 2 else f"{words[:_SHOWN]}…"

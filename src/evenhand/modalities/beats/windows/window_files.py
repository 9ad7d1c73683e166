"""Files of windows cut by other programs: a .npz of arrays, or a CSV with a column per sample."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.errors import DataError
from evenhand.base.storage.numpy_files import load_arrays
from evenhand.base.text.cells import object_array
from evenhand.data.roots.file_names import suffix
from evenhand.data.tables.csv_dialect import csv_rows, fits
from evenhand.modalities.beats.reading.header_text import decoded

SUFFIXES = (".npz", ".csv")
"""Suffixes of files that may hold windows."""
_SAMPLE = re.compile(r"t?\d{1,5}")
_FEWEST = 8
_LONGEST_HEAD = 1 << 20


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of one file.

    Attributes
    ----------
    signal
        (n, c, t) float32.
    rhythm
        (n, d) float32 rhythm features in the file; one column of zeros if there are none.
    columns
        Name -> (n,) further columns of the file.
    """

    signal: npt.NDArray[np.float32]
    rhythm: npt.NDArray[np.float32]
    columns: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.signal)


def read_windows(raw: bytes, name: str, most: int) -> Windows:
    """Return the windows in the bytes of a file.

    A .npz holds "signal", (n, t) or (n, c, t) numbers; optionally "rhythm" (n, d); and further arrays (n,) such as
    "label" and "group". A CSV has a header, a column for each sample of one lead ("0", "1", … or "t0", "t1", …, in
    that order), and further ones; columns that begin with "rhythm" are rhythm features.

    Parameters
    ----------
    most
        Most numbers that are read.

    Raises
    ------
    DataError
        With the reason, to follow the file's name.
    """
    if not raw:
        raise DataError("is empty (0 bytes)")
    found = _npz(raw, most) if suffix(name) == ".npz" else _csv(raw, most)
    if not np.isfinite(found.signal).all() or not np.isfinite(found.rhythm).all():
        raise DataError("has windows with values that are not finite (NaN or infinite); remove them")
    return found


def has_windows(raw: bytes, name: str) -> bool:
    """Return whether a file is a .npz, or a CSV whose header has a column for each sample."""
    if suffix(name) == ".npz":
        return True
    head = re.split(r"[\r\n]", decoded(raw[:_LONGEST_HEAD]), maxsplit=1)[0].replace('"', "")
    words = [word.strip() for word in re.split(r"[,;\t]", head)]
    return sum(bool(_SAMPLE.fullmatch(word)) for word in words) >= _FEWEST


def _npz(raw: bytes, most: int) -> Windows:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            claimed = sum(item.file_size for item in archive.infolist())
        if claimed > 8 * most:
            raise DataError(
                f"claims {claimed:,} bytes of numbers; beats.max_samples = {most:,} allows {8 * most:,}"
            )
        held = {name: np.asarray(values) for name, values in load_arrays(io.BytesIO(raw)).items()}
    except DataError:
        raise
    except Exception as error:  # on damaged bytes zipfile, zlib and numpy raise errors of their own
        raise DataError(f"is not a .npz of plain arrays ({' '.join(str(error).split())[:80]})") from None
    if "signal" not in held:
        raise DataError(f'has no array "signal"; found: {", ".join(sorted(held)) or "none"}')
    signal = _numbers(held.pop("signal"), "signal")
    signal = signal[:, None, :] if signal.ndim == 2 else signal
    if signal.ndim != 3 or not all(signal.shape):
        raise DataError(f'has an array "signal" of the shape {signal.shape}; it must be (n, t) or (n, c, t)')
    rhythm = _numbers(held.pop("rhythm", np.zeros((len(signal), 1))), "rhythm")
    rhythm = rhythm[:, None] if rhythm.ndim == 1 else rhythm
    odd = [key for key, value in {"rhythm": rhythm, **held}.items() if value.shape[:1] != (len(signal),)]
    if rhythm.ndim != 2 or not rhythm.shape[1] or odd:
        raise DataError(
            f'has {len(signal):,} windows, and an array "{(odd or ["rhythm"])[0]}" that does not fit them'
        )
    return Windows(signal, rhythm, {key: value for key, value in held.items() if value.ndim == 1})


def _csv(raw: bytes, most: int) -> Windows:
    rows = csv_rows(decoded(raw))
    _, head = next(rows, (1, []))
    names = [name.strip() for name in head]
    repeated = [name for name in dict.fromkeys(names) if name and names.count(name) > 1]
    if repeated:
        raise DataError(f'has {names.count(repeated[0])} columns "{repeated[0]}"; give each a unique name')
    samples = [at for at, name in enumerate(names) if _SAMPLE.fullmatch(name)]
    rhythm = [at for at, name in enumerate(names) if name.startswith("rhythm")]
    others = {name: at for at, name in enumerate(names) if name and at not in {*samples, *rhythm}}
    signal: list[npt.NDArray[np.float32]] = []
    around: list[npt.NDArray[np.float32]] = []
    words: list[list[Any]] = []
    for line, row in rows if len(samples) >= _FEWEST else ():
        if not fits(row, len(names)):
            raise DataError(f"line {line:,} has {len(row):,} cells; the header has {len(names):,}")
        if (len(signal) + 1) * len(samples) > most:
            raise DataError(f"holds more than {most:,} numbers (beats.max_samples)")
        signal.append(_row(row, samples, "t0…", line))
        around.append(_row(row, rhythm, "rhythm", line))
        # only an empty cell is missing: a class may be called "NA", and "01" is not 1
        words.append([row[at] if row[at] else np.nan for at in others.values()])
    if not signal:
        raise DataError(
            'has no windows: its header needs a column for each sample ("t0", "t1", …) and a row for each'
        )
    columns = {}
    for at, name in enumerate(others):
        columns[name] = object_array(row[at] for row in words)
    near = np.stack(around) if rhythm else np.zeros((len(signal), 1), dtype=np.float32)
    return Windows(np.stack(signal)[:, None, :], near, columns)


def _row(row: Sequence[str], columns: Sequence[int], name: str, line: int) -> npt.NDArray[np.float32]:
    """Return (j,) float32 numbers in some cells; an empty cell is NaN."""
    try:
        return np.array([float(row[at] or "nan") for at in columns], dtype=np.float32)
    except ValueError:
        raise DataError(f'has a value in "{name}" that is not a number (line {line:,})') from None


def _numbers(values: npt.NDArray[Any], name: str) -> npt.NDArray[np.float32]:
    try:
        return np.ascontiguousarray(values, dtype=np.float32)
    except (ValueError, TypeError):
        raise DataError(f'has a value in "{name}" that is not a number') from None

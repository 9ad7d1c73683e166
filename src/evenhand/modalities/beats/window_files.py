"""Windows that somebody else has cut: a .npz of arrays, or a CSV with a column per sample."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.data.names import suffix
from evenhand.modalities.beats.header_text import decoded

SUFFIXES = (".npz", ".csv")
"""Endings of files that may hold windows."""
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
        (n, d) float32, what the file says of the rhythm; one column of zeros where it says nothing.
    columns
        Name -> (n,) whatever else it says of each window.
    """

    signal: npt.NDArray[np.float32]
    rhythm: npt.NDArray[np.float32]
    columns: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.signal)


def read_windows(raw: bytes, name: str, most: int) -> Windows:
    """Return the windows in the bytes of a file.

    A .npz holds "signal", (n, t) or (n, c, t) numbers; "rhythm" (n, d), if there is any; and further arrays (n,)
    such as "label" and "group". A CSV has a header, a column for each sample of one lead ("0", "1", … or "t0",
    "t1", …, in that order), and further ones; columns that begin with "rhythm" are the rhythm.

    Parameters
    ----------
    most
        Numbers above which nothing is read.

    Raises
    ------
    DataError
        With the reason, to follow the file's name.
    """
    if not raw:
        raise DataError("is empty (0 bytes)")
    found = _npz(raw, most) if suffix(name) == ".npz" else _csv(raw, most)
    if not np.isfinite(found.signal).all() or not np.isfinite(found.rhythm).all():
        raise DataError("has windows with values that are no numbers (NaN or infinite); leave them out")
    return found


def has_windows(raw: bytes, name: str) -> bool:
    """Whether a file is a .npz, or a CSV whose header has a column for each sample."""
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
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            held = {key: np.asarray(arrays[key]) for key in arrays.files}
    except DataError:
        raise
    except Exception as error:  # zipfile, zlib and numpy each have errors of their own on damaged bytes
        raise DataError(f"is no .npz of plain arrays ({' '.join(str(error).split())[:80]})") from None
    if "signal" not in held:
        raise DataError(f'has no array "signal"; there are: {", ".join(sorted(held)) or "none"}')
    signal = _numbers(held.pop("signal"), "signal")
    signal = signal[:, None, :] if signal.ndim == 2 else signal
    if signal.ndim != 3 or not all(signal.shape):
        raise DataError(f'has an array "signal" of the shape {signal.shape}; (n, t) or (n, c, t) can be read')
    rhythm = _numbers(held.pop("rhythm", np.zeros((len(signal), 1))), "rhythm")
    rhythm = rhythm[:, None] if rhythm.ndim == 1 else rhythm
    odd = [key for key, value in {"rhythm": rhythm, **held}.items() if value.shape[:1] != (len(signal),)]
    if rhythm.ndim != 2 or not rhythm.shape[1] or odd:
        raise DataError(
            f'has {len(signal):,} windows, and an array "{(odd or ["rhythm"])[0]}" that does not fit them'
        )
    return Windows(signal, rhythm, {key: value for key, value in held.items() if value.ndim == 1})


def _csv(raw: bytes, most: int) -> Windows:
    try:
        text = decoded(raw)
        head = re.split(r"[\r\n]", text[:_LONGEST_HEAD], maxsplit=1)[0]
        separator = max(",;\t", key=head.count)
        names = pd.read_csv(io.StringIO(text), sep=separator, nrows=0).columns
        words = {name: str for name in names if not _is_number(str(name).strip())}
        # only an empty cell is missing: a class may be called "NA", and "01" is not 1
        frame = pd.read_csv(
            io.StringIO(text), sep=separator, dtype=words, keep_default_na=False, na_values=[""], low_memory=False
        )
    except Exception as error:  # whatever pandas thinks of the bytes
        raise DataError(f"is no CSV ({' '.join(str(error).split())[:80]})") from None
    frame.columns = [str(column).strip() for column in frame.columns]
    samples = [column for column in frame.columns if _SAMPLE.fullmatch(column)]
    rhythm = [column for column in frame.columns if column.startswith("rhythm")]
    if len(samples) < _FEWEST or not len(frame):
        raise DataError(
            'has no windows: its header needs a column for each sample ("t0", "t1", …) and a row for each'
        )
    if frame[samples].size > most:
        raise DataError(f"holds {frame[samples].size:,} numbers; beats.max_samples = {most:,}")
    signal = _numbers(frame[samples].to_numpy(), "t0…")[:, None, :]
    around = _numbers(frame[rhythm].to_numpy() if rhythm else np.zeros((len(frame), 1)), "rhythm")
    others = frame.drop(columns=[*samples, *rhythm])
    return Windows(signal, around, {str(name): others[name].to_numpy(dtype=object) for name in others})


def _is_number(column: str) -> bool:
    """Whether a column holds numbers: a sample, or a part of the rhythm."""
    return bool(_SAMPLE.fullmatch(column)) or column.startswith("rhythm")


def _numbers(values: npt.NDArray[Any], name: str) -> npt.NDArray[np.float32]:
    try:
        return np.ascontiguousarray(values, dtype=np.float32)
    except (ValueError, TypeError):
        raise DataError(f'has something in "{name}" that is no number') from None

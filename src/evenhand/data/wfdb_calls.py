"""Calls to the wfdb package that run in isolated processes (`evenhand.engines.isolated`), on plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.base.storage.files.disk_errors import raise_disk_fault
from evenhand.base.storage.numpy_files import load_array
from evenhand.base.warnings_filter import quiet

_SCRATCH = re.compile(r"[^\s'\"]*evenhand-record-[^/\s]*/")
_LIBRARY = r"wfdb(\.|$)"
FLAC = ("508", "516", "524")
"""Signal formats that are FLAC streams."""


def import_wfdb() -> Any:
    """Return the module wfdb.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    try:
        with quiet(_LIBRARY):
            import wfdb
    except ImportError:
        raise MissingExtraError("wfdb", "beats", "Reading records of heartbeats") from None
    return wfdb


@contextmanager
def as_data_error(message: str) -> Iterator[None]:
    """Turn any exception of wfdb on damaged bytes into a `DataError`; it documents none of them.

    Parameters
    ----------
    message
        Beginning of the message, to follow the name of the record.
    """
    try:
        with quiet(_LIBRARY), np.errstate(all="ignore"):
            yield
    except (DataError, MemoryError):
        raise
    except Exception as error:
        raise_disk_fault(error)
        text = _SCRATCH.sub("", " ".join(str(error).split()))  # the scratch folder means nothing to the user
        detail = text[:80] or type(error).__name__
        raise DataError(f"{message} ({detail})") from None


def annotation_rows(path: str, annotator: str, message: str, at: str, symbols: str) -> None:
    """Write (a,) int64 samples and (a,) symbols of an annotation file to two files (.npy).

    Parameters
    ----------
    path
        The record, without suffix.
    message
        Beginning of the message about damaged bytes.
    """
    wfdb = import_wfdb()
    with as_data_error(message):
        found = wfdb.rdann(path, annotator)
        np.save(at, np.asarray(found.sample, dtype=np.int64), allow_pickle=False)
        np.save(symbols, np.array([str(symbol) for symbol in found.symbol], dtype=np.str_), allow_pickle=False)


def signals(path: str, channels: Sequence[int], length: int, out: str) -> None:
    """Write (c, T) float64 of some signals of a record to `out` (.npy), in the units of its header."""
    wfdb = import_wfdb()
    with as_data_error("has signals that cannot be read"):
        head = wfdb.rdheader(path)
        for file in {head.file_name[at] for at in channels if head.fmt[at] in FLAC}:
            _check_stream(Path(path).parent / file, length)  # decoding allocates what the stream claims
        found = wfdb.rdrecord(path, channels=list(channels), return_res=64)
        values = np.asarray(found.p_signal, dtype=np.float64).T
    if values.shape != (len(channels), length):
        raise DataError(f"has {values.shape[-1]:,} samples where its header claims {length:,}")
    np.save(out, values, allow_pickle=False)


def stream_frames(path: str) -> int:
    """Return the number of samples of each signal in a FLAC stream."""
    import soundfile

    with as_data_error("has signals that cannot be read"):
        return int(soundfile.info(path).frames)


def detect_beats(signal: str, rate: float) -> list[int]:
    """Return the samples at which wfdb's XQRS detector finds beats in a (T,) signal (.npy)."""
    import_wfdb()
    from wfdb import processing

    with as_data_error("has signals in which beats cannot be detected"):
        detector = processing.XQRS(sig=load_array(signal), fs=rate)
        detector.detect(verbose=False)
        return [int(at) for at in detector.qrs_inds]


def _check_stream(path: Path, length: int) -> None:
    """Raise `DataError` unless a FLAC stream is as long as the header of the record says."""
    frames = stream_frames(str(path))
    if frames != length:
        raise DataError(f"has {frames:,} samples in a FLAC stream where its header claims {length:,}")

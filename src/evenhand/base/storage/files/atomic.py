"""Atomic writes: to a temporary file beside the target, then a rename."""

from __future__ import annotations

import contextlib
import csv
import glob
import json
import math
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.disk_errors import disk_error
from evenhand.base.storage.files.regular_file import check_regular
from evenhand.base.storage.parquet_size import check_parquet_size

if TYPE_CHECKING:
    import pandas as pd


TABLES = (".csv", ".parquet")
"""Endings of tables that can be written."""


_PART = re.compile(r"\.(?P<name>.+)\.(?P<process>[0-9]{1,9})\.[0-9a-f]{8}\.part")
"""The names that `replacing` gives."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed onto `path` when the block succeeds.

    A reader sees the old file or the new one, never a part. On an error the temporary file is removed.

    Raises
    ------
    OSError
        If the disk refuses, whatever the library raised that wrote the file; it names `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, as a rename is atomic within one file system only; hidden, so that listings and globs
    # pass it by; with process and random number, so that two writers do not share it.
    temporary = path.with_name(f"{_hidden(path.name)}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        yield temporary
        _flush(temporary)  # before the rename: after a power failure the new name must not hold an empty file
        # The folder is not flushed: after a power failure the old file may be there again, but a whole one.
        temporary.replace(path)
    except Exception as error:
        if (refused := disk_error(error, path, temporary)) is not None:
            raise refused from error
        raise
    finally:
        # Nothing is left to remove after the rename; a disk that broke refuses this too, which hid why.
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _hidden(name: str) -> str:
    """Return the beginning of the name of a temporary file, as long as names of files may be with what follows."""
    return "." + os.fsencode(name)[:220].decode("utf-8", "ignore")


def frame_csv(table: pd.DataFrame, path: Path) -> None:
    r"""Write a frame as CSV that reads back unchanged: cells with a bare carriage return are quoted too.

    With minimal quoting such a cell is quoted only if it also holds the line terminator ("\n"), and readers that
    end lines at "\r" would cut it in two.
    """
    has_bare_cr = any("\r" in text for column in table for text in (str(column), *_texts(table[column])))
    table.to_csv(path, index=False, quoting=csv.QUOTE_ALL if has_bare_cr else csv.QUOTE_MINIMAL)


def write_frame(table: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV or Parquet, by the ending of the name.

    Raises
    ------
    EvenhandError
        If the ending is another.
    """
    ending = path.suffix.lower()
    if ending not in TABLES:
        raise EvenhandError(
            f"{path}: tables can be written as {' or '.join(TABLES)}. Choose a name with one of these endings."
        )
    with replacing(path) as part:
        if ending == ".csv":
            frame_csv(table, part)
        else:
            table.to_parquet(part, index=False)


def read_frame(path: Path) -> pd.DataFrame:
    """Return the table of a Parquet file.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is damaged (pyarrow and pandas raise errors of any kind for that, of which some are not documented),
        or too large (`check_parquet_size`).
    """
    import pandas as pd

    check_regular(path)
    try:
        check_parquet_size(path)
        return pd.read_parquet(path)
    except (OSError, ValueError, MemoryError):
        raise
    except Exception as error:
        raise ValueError(f"{type(error).__name__}: {error}") from None


def _texts(column: pd.Series[Any]) -> list[str]:
    return [] if column.dtype.kind in "biuf" else [cell for cell in column if isinstance(cell, str)]


def remove_partial_files(folder: Path) -> None:
    """Remove the temporary files that killed processes left of `replacing` anywhere below a folder.

    Those of safetensors too, which writes each file to a temporary one of its own. Only for folders that no other
    process writes to: a file in use looks the same.
    """
    for left in folder.rglob(".*"):
        if re.fullmatch(r"\..+\.\d+\.[0-9a-f]{8}\.part|\.tmp[0-9A-Za-z]{6}", left.name):
            left.unlink(missing_ok=True)


def remove_partial_files_of(path: Path) -> None:
    """Remove the temporary files that killed processes left of `replacing` this one file."""
    begin = _hidden(path.name)
    for left in path.parent.glob(f"{glob.escape(begin)}.*.part"):
        if re.fullmatch(r"\.\d+\.[0-9a-f]{8}\.part", left.name.removeprefix(begin)):
            left.unlink(missing_ok=True)


def remove_abandoned_parts(folder: Path, name: str | None = None) -> None:
    """Remove the temporary files in a folder, of one file or of all, whose processes have ended.

    A process on another machine counts as ended: only for folders in which two machines do not write the same file
    at the same moment.
    """
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _PART.fullmatch(entry.name)
            if found and name in (None, found["name"]) and not _is_alive(int(found["process"])):
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text through `replacing`."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="")


def write_json(path: Path, document: Any, *, indent: int | None = 1) -> None:
    """Write plain values as JSON through `replacing`; NaN and infinities become null."""
    write_text(path, to_json(document, indent=indent) + "\n")


def to_json(document: Any, *, indent: int | None = None) -> str:
    r"""Return plain values as JSON text; NumPy numbers, arrays and paths are converted.

    Characters that UTF-8 cannot encode (surrogates for undecodable bytes of file names) are escaped as in JSON.

    >>> to_json("a\udc80ö")
    '"a\\udc80ö"'
    """
    # "backslashreplace" writes a lone surrogate as JSON would (\udc80); nothing else in valid text fails to
    # encode.
    text = json.dumps(plain(document), ensure_ascii=False, indent=indent, allow_nan=False)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def json_lines(text: str) -> list[str]:
    r"""Return the lines of a JSON Lines text (.jsonl), split at line feeds only.

    `str.splitlines` also splits at U+0085, U+2028 and U+2029, which may stand inside a JSON string.

    >>> len(json_lines('"a\u2028b"\n"c"\n'))
    2
    """
    return text.removesuffix("\n").split("\n") if text else []


def plain(value: Any) -> Any:
    """Return a value converted to dict, list, str, int, float, bool and None; NaN and infinities become None."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())

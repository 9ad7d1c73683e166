"""The files of a task, and whether it is done: its document lists them with their checksums, and all hold."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from evenhand.base.errors import RecordError
from evenhand.base.storage.files.atomic import read_frame
from evenhand.base.storage.files.checksums import has_mark
from evenhand.base.storage.record_folder import first_line
from evenhand.base.storage.sealed_json import SealError, check_listed, check_marks, read_sealed, write_sealed

TASK, SOUP = "task.json", "soup.json"
PREDICTIONS, WEIGHTS, CODES, EPOCHS = "predictions.parquet", "weights.safetensors", "codes.parquet", "epochs.jsonl"
_NEEDED = ("epochs", "stage", "epoch", "score", "parts", "correction")


def write_task(folder: Path, summary: Mapping[str, Any], shared: Path, name: str = TASK) -> None:
    """Write the document of a task, last of its files: from then on it is done.

    Parameters
    ----------
    shared
        Folder of frozen weights, which all tasks of a model have in common.
    name
        task.json, or soup.json of a soup.
    """
    own = [folder / file for file in (WEIGHTS, PREDICTIONS, CODES, *([EPOCHS] if name == TASK else []))]
    write_sealed(folder / name, summary, [*own, *sorted(shared.glob("frozen-*.safetensors"))])


def summary_of(folder: Path, name: str = TASK, *, only: str | None = None) -> dict[str, Any]:
    """Return the document of a finished task or soup: epochs; epoch, stage and form of weights; score and parts.

    Parameters
    ----------
    only
        Ending of the files whose checksums are compared (".safetensors"); by default all that it lists.

    Raises
    ------
    RecordError
        If it is missing or damaged, or a file that it lists is.
    """
    try:
        return _sound(folder, name, only)
    except FileNotFoundError:
        raise RecordError(
            f"{folder / name}: is missing: this task has not finished, or was lost. {_AGAIN}"
        ) from None
    except (SealError, OSError) as error:
        raise RecordError(f"{folder / name}: {error}. {_AGAIN}") from None


def why_not_done(folder: Path, name: str = TASK) -> str | None:
    """Return "" where a task is done, the damage of one that was, in words, and None where it has not finished."""
    if not (folder / name).is_file():
        return None
    try:
        _sound(folder, name)
    except (SealError, OSError) as error:
        return f"{name} {error}"
    return ""


def discard(folder: Path, name: str = TASK) -> None:
    """Remove the files of a damaged task, so that it is done again."""
    for file in (name, PREDICTIONS, WEIGHTS, CODES):
        (folder / file).unlink(missing_ok=True)


def discard_frozen(folder: Path, shared: Path) -> None:
    """Remove frozen weights that are not as the document of a task lists them; they are written anew with it.

    The same tensors give a file of the same bytes, so that other tasks find again what they list.
    """
    with contextlib.suppress(SealError, OSError):
        for name, mark in read_sealed(folder / TASK).marks.items():
            path = shared / Path(name).name
            if path.name.startswith("frozen-") and path.is_file() and not has_mark(path, mark):
                path.unlink(missing_ok=True)


def kept_soup(fold: Path) -> Path | None:
    """Return the folder of the soup that replaces the seeds of a fold, or None where none was kept.

    Raises
    ------
    RecordError
        If it is damaged.
    """
    folder = fold / "soup"
    if not (folder / SOUP).is_file():
        return folder if (folder / PREDICTIONS).is_file() or (folder / WEIGHTS).is_file() else None
    return folder if summary_of(folder, SOUP, only=".json").get("kept") else None


def task_table(folder: Path, name: str = TASK) -> pd.DataFrame:
    """Return the predictions of a finished task or soup.

    Raises
    ------
    RecordError
        If they are missing or damaged.
    """
    path = folder / PREDICTIONS
    if not path.is_file():
        raise RecordError(f"{folder}: this task has not finished, or was lost. {_AGAIN}")
    try:
        check_listed(path, name)
        return read_frame(path)
    except SealError as error:
        raise RecordError(f"{folder / name}: {error}. {_AGAIN}") from None
    except (OSError, ValueError) as error:
        raise RecordError(f"{path}: is not a Parquet table ({first_line(error)}). {_AGAIN}") from None


def _sound(folder: Path, name: str, only: str | None = None) -> dict[str, Any]:
    found = read_sealed(folder / name)
    check_marks(folder, {file: mark for file, mark in found.marks.items() if file.endswith(only or "")})
    if name == TASK and (missing := [key for key in _NEEDED if key not in found.content]):
        raise SealError(f"lacks {', '.join(missing)}")
    whole = found.sealed or only is not None or not (name == TASK or found.content.get("kept"))
    if not whole and not (folder / PREDICTIONS).is_file():
        raise SealError(f"belongs to {PREDICTIONS}, which is missing")  # an older version wrote them last
    return found.content


_AGAIN = "Run the same configuration again: the task is done again, and what is sound is kept."

"""Codes of held-out rows, as the tasks of a run wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt

from evenhand.base.storage.files.atomic import read_frame
from evenhand.base.storage.record import Record
from evenhand.base.storage.record_folder import first_line
from evenhand.base.storage.sealed_json import check_listed


@dataclass(frozen=True, eq=False)
class HeldOutCodes:
    """Codes of the held-out rows of one fit.

    Attributes
    ----------
    model, fold, seed
        Which fit it is.
    values
        (n, bits) float32 in -1..1 whose signs are the bits, or (n, m) uint8 numbers of centroids.
    """

    model: str
    fold: int
    seed: int
    values: npt.NDArray[Any]

    @property
    def place(self) -> str:
        """Fold and seed for messages."""
        return f"fold {self.fold}, seed {self.seed}"


def codes_of(record: Record) -> tuple[HeldOutCodes, ...]:
    """Return the codes of every fit of a record that has any, in the order of models, folds and seeds.

    Raises
    ------
    RecordError
        If those of a fit are damaged: without them, figures and findings would be of other fits than they say.
    """
    models = [entry["name"] for entry in record.resolved().get("model", [])]
    found = [
        HeldOutCodes(file.model, file.fold, file.seed, _values(record, file.path))
        for file in record.task_files("codes.parquet")
        if file.model in models
    ]
    return tuple(sorted(found, key=lambda one: (models.index(one.model), one.fold, one.seed)))


def _values(record: Record, path: Path) -> npt.NDArray[Any]:
    try:
        check_listed(path, "task.json")
        table = read_frame(path)
        held_out = table.loc[table["set"] == "validation"]
    except KeyError:
        what = "has no column set"
    except (
        OSError,
        ValueError,
    ) as error:  # a `SealError` is a ValueError
        what = first_line(error)
    else:
        return held_out.filter(regex=r"^code:\d+$").to_numpy()
    raise record.damaged(path.relative_to(record.path).as_posix(), what)


def codes_by_model(codes: Sequence[HeldOutCodes]) -> dict[str, list[HeldOutCodes]]:
    """Return the codes of each model."""
    out: dict[str, list[HeldOutCodes]] = {}
    for one in codes:
        out.setdefault(one.model, []).append(one)
    return out

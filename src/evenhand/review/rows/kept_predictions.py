"""Probabilities of rows that were not in a run, kept in a file: the next start need not run its models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.atomic import read_frame, write_frame
from evenhand.base.values import Mask, Predictions
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.review.rows.source import ProbabilitySource
from evenhand.review.rows.with_predictions import with_predictions

_PREFIX = "p:"


@dataclass(frozen=True)
class KeptPredictions:
    """A Parquet file with the probabilities of new rows by one model of one run.

    Attributes
    ----------
    path
        The file; it need not be there. One that cannot be read counts as none: what it holds can be made again.
    run, model
        The name of the run and of its model or blend; what others predicted is not taken.
    """

    path: Path
    run: str
    model: str

    def fill(self, rows: ReviewRows) -> tuple[ReviewRows, Mask]:
        """Return rows with the probabilities that were kept, and (n,) bool, which rows models were asked about.

        A row is known by its id and, where contents are known, its bytes. Rows that could not be decoded were asked
        about, and are still without probabilities.
        """
        asked = np.zeros(len(rows), dtype=bool)
        table = self._read()
        if table is None:
            return rows, asked
        try:
            return self._filled(rows, table)
        except (EvenhandError, ValueError, KeyError, TypeError):  # of another version, or of somebody else
            return rows, asked

    def _filled(self, rows: ReviewRows, table: pd.DataFrame) -> tuple[ReviewRows, Mask]:
        asked = np.zeros(len(rows), dtype=bool)
        at = pd.Index(rows.ids).get_indexer(pd.Index(table["id"].astype(object)))
        here = (at >= 0) & (table["content"].to_numpy() == _contents(rows)[at])
        asked[at[here]] = True
        table = table[here & (table["source"] != ProbabilitySource.NONE.value).to_numpy()]
        classes = [name for name in table.columns if name.startswith(_PREFIX)]
        p = Predictions(
            table["id"].to_numpy(dtype=object),
            tuple(name.removeprefix(_PREFIX) for name in classes),
            table[classes].to_numpy(dtype=np.float64),
            model=self.model,
            several_labels=rows.multi_label,
        )
        return with_predictions(rows, p, table["source"].to_numpy(dtype=object)), asked

    def _read(self) -> pd.DataFrame | None:
        """Return what the model of the run predicted; None where there is no such file, or not one of ours."""
        try:
            table = read_frame(self.path)
            return table[(table["run"] == self.run) & (table["model"] == self.model)]
        except (OSError, ValueError, KeyError):  # what Arrow says of a damaged file is a ValueError
            return None

    def keep(self, rows: ReviewRows, asked: Mask) -> None:
        """Write the probabilities of the rows that models were asked about; rows without any are remembered, too.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        p = np.nan_to_num(rows.probabilities[asked])
        table = pd.DataFrame(p, columns=[_PREFIX + name for name in rows.classes])
        table.insert(0, "source", rows.source[asked].astype(str))
        table.insert(0, "content", _contents(rows)[asked])
        table.insert(0, "id", rows.ids[asked])
        write_frame(table.assign(run=self.run, model=self.model), self.path)


def _contents(rows: ReviewRows) -> np.ndarray:
    """Return (n,) the hash of each row's bytes, "" where it is not known."""
    if "content" not in rows.samples.frame:
        return np.full(len(rows), "", dtype=object)
    return rows.samples.frame["content"].fillna("").astype(str).to_numpy(dtype=object)

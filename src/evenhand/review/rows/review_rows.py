"""The rows of a review, with everything known about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.values import (
    NO_LABEL,
    TEST,
    TRUTH_THRESHOLD,
    Finding,
    Floats,
    Folds,
    Mask,
    Predictions,
    Samples,
    Strings,
)
from evenhand.review.rows.source import ProbabilitySource

Labels = tuple[str, ...]
"""Names of the classes that hold for a row, in the order of the classes; () if none, or none is known."""

_REVIEW = ("group", "fold", "label")


@dataclass(frozen=True, eq=False)
class ReviewRows:
    """n rows to be reviewed, with their labels, probabilities and findings.

    Attributes
    ----------
    samples
        The rows as they were read; pictures are made of its frame.
    classes
        The k classes that a row may be given: those of the samples in their order, then further ones that the model
        knows.
    fold
        (n,) "0", "1", …, "test" of locked rows, "" where there is none.
    probabilities
        (n, k) float32, NaN in rows without any.
    source
        (n,) values of `ProbabilitySource`, where the probabilities of each row come from.
    reported
        Findings about the data and the model.
    families
        (n,) the family of each row, None where it is alone: rows that are versions of one another.
    disagreement
        (n,) float64 nats, how far the models of the run are from one another (`disagreement.py`); NaN where fewer
        than two predict the row.
    model
        The name of the model or blend that the probabilities are of; "" without any.
    truth_threshold
        The degree from which on a soft label holds.

    Raises
    ------
    DataError
        If the lengths do not fit, or the classes do not begin with those of the samples.
    """

    samples: Samples
    classes: tuple[str, ...]
    fold: Strings
    probabilities: npt.NDArray[np.float32]
    source: Strings
    reported: tuple[Finding, ...] = ()
    families: Strings | None = None
    disagreement: Floats = field(default_factory=lambda: np.zeros(0))
    model: str = ""
    truth_threshold: float = TRUTH_THRESHOLD

    def __post_init__(self) -> None:
        n = len(self.samples)
        if self.classes[: self.samples.k] != self.samples.classes:
            raise DataError("The classes of a review must begin with those of its samples, in their order.")
        if self.probabilities.shape != (n, len(self.classes)):
            raise DataError(
                f"Probabilities are {self.probabilities.shape}; {n} rows and {len(self.classes)} classes need "
                f"({n}, {len(self.classes)})."
            )
        if not len(self.disagreement):
            object.__setattr__(self, "disagreement", np.full(n, np.nan))
        if {len(self.fold), len(self.source), len(self.disagreement)} != {n}:
            raise DataError(f"There must be a fold, a source and a disagreement for each of {n} rows.")

    @classmethod
    def of(
        cls,
        samples: Samples,
        *,
        folds: Folds | None = None,
        reported: Sequence[Finding] = (),
        truth_threshold: float = TRUTH_THRESHOLD,
    ) -> ReviewRows:
        """Return the rows of samples, without probabilities."""
        n = len(samples)
        fold, families = np.full(n, "", dtype=object), None
        if folds is not None:
            at = pd.Index(folds.ids).get_indexer(pd.Index(samples.ids))
            fold = np.array([_fold_text(folds.fold[row]) if row >= 0 else "" for row in at], dtype=object)
            if folds.families is not None:
                families = np.array([folds.families[row] if row >= 0 else None for row in at], dtype=object)
        return cls(
            samples,
            samples.classes,
            fold,
            np.full((n, samples.k), np.nan, dtype=np.float32),
            np.full(n, ProbabilitySource.NONE.value, dtype=object),
            tuple(reported),
            families,
            truth_threshold=truth_threshold,
        )

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @cached_property
    def ids(self) -> Strings:
        """(n,) ids; kept, since a column of a frame becomes an array anew each time."""
        return self.samples.ids

    @property
    def multi_label(self) -> bool:
        """Whether a row may have several classes."""
        return self.samples.multi_label

    @cached_property
    def held(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Row and class of each label that holds, by row and then by class."""
        labels = self.samples.labels
        if self.multi_label:
            row, of = np.nonzero(np.nan_to_num(labels) >= self.truth_threshold)
            return row, of
        row = np.flatnonzero(labels >= 0)
        return row, labels[row].astype(np.int64)

    @cached_property
    def labels(self) -> list[Labels]:
        """(n,) the labels of each row as names."""
        rows, of = self.held
        out: list[Labels] = [()] * len(self)
        if not self.multi_label:
            single = [(name,) for name in self.classes]  # one tuple a class, however many rows
            for row, label in zip(rows.tolist(), of.tolist(), strict=True):
                out[row] = single[label]
            return out
        names, ends = (
            [self.classes[label] for label in of.tolist()],
            np.searchsorted(rows, np.arange(len(self) + 1)),
        )
        return [tuple(names[start:end]) for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A table of the rows: id, path, group, fold and label (a tuple of names), then the columns of the source.

        A row without a group has the group "". A column of the source with one of these names is "table:NAME".
        """
        source = self.samples.frame
        group = source["group"].fillna("").astype(str) if self.samples.grouped else ""
        label = pd.Series(self.labels, dtype=object, index=source.index)
        first = pd.DataFrame(
            {"id": source["id"], "path": source["path"], "group": group, "fold": self.fold, "label": label}
        )
        rest = source.drop(columns=["id", "path", *(["group"] if self.samples.grouped else [])])
        rest = rest.rename(columns={name: f"table:{name}" for name in _REVIEW})
        return pd.concat([first, rest], axis=1)

    def position(self, row: str) -> int:
        """Return the position of an id.

        Raises
        ------
        DataError
            If there is no such row.
        """
        try:
            return self._positions[row]
        except KeyError:
            raise DataError(
                f'There is no row with the id "{row}" among the {len(self):,} rows of this review.'
            ) from None

    def __contains__(self, row: object) -> bool:
        return row in self._positions

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {row: position for position, row in enumerate(self.ids.tolist())}

    @cached_property
    def findings(self) -> Mapping[str, tuple[str, ...]]:
        """Code of a finding -> ids of the rows that it concerns, in the order of the findings."""
        out: dict[str, dict[str, None]] = {}
        for finding in self.reported:
            there = [row for row in finding.ids if row in self._positions]
            if there:
                out.setdefault(finding.code, {}).update(dict.fromkeys(there))
        return {code: tuple(rows) for code, rows in out.items()}

    def findings_of(self, row: str) -> tuple[Finding, ...]:
        """Return the findings that concern a row."""
        return tuple(self.reported[at] for at in self._finding_places.get(row, ()))

    @cached_property
    def _finding_places(self) -> dict[str, list[int]]:
        out: dict[str, list[int]] = {}
        for place, finding in enumerate(self.reported):
            for row in dict.fromkeys(finding.ids):
                out.setdefault(row, []).append(place)
        return out

    def duplicates_of(self, row: str) -> tuple[str, ...]:
        """Return the ids of the other rows with the same bytes or in the same family, in their order."""
        at = self.position(row)
        same = {other for places in self._duplicate_sets for other in places.get(at, ())}
        return tuple(self.ids[other] for other in sorted(same - {at}))

    @cached_property
    def _duplicate_sets(self) -> list[dict[int, Sequence[int]]]:
        """Position of a row -> the positions of its set, of equal bytes and of families."""
        keys: list[Any] = [] if self.families is None else [pd.Series(self.families)]
        if "content" in self.samples.frame:
            keys.append(self.samples.frame["content"].replace("", None).reset_index(drop=True))
        out: list[dict[int, Sequence[int]]] = []
        for key in keys:
            repeated = key[key.notna() & key.duplicated(keep=False)]
            sets = [rows.index.tolist() for _, rows in repeated.groupby(repeated, sort=False)]
            out.append({row: rows for rows in sets for row in rows})
        return out

    @cached_property
    def held_out(self) -> Mask:
        """(n,) bool, whether the probabilities of each row are of models that had not seen it."""
        return np.isin(self.source, [of.value for of in ProbabilitySource if of.held_out])

    @cached_property
    def predicted(self) -> Mask:
        """(n,) bool, whether each row has probabilities."""
        return np.asarray(self.source != ProbabilitySource.NONE.value)

    def predictions(self, rows: Mask) -> Predictions:
        """Return the probabilities of some rows, all of which have them, with their labels as the truth.

        A label of a class that has no probability in any row, since the model does not know it, is left unknown.
        """
        p = self.probabilities[rows].astype(np.float64)
        truth = self._truth[rows]
        if truth.ndim == 1:
            known = np.asarray((p > 0).any(axis=0))
            truth = np.where(known[truth] & (truth >= 0), truth, NO_LABEL)
        return Predictions(
            self.ids[rows], self.classes, p, truth=truth, model=self.model, truth_threshold=self.truth_threshold
        )

    @property
    def _truth(self) -> npt.NDArray[Any]:
        """(n,) or (n, k) labels; of classes that only the model knows, nothing is known."""
        labels = self.samples.labels
        if not self.multi_label or self.k == self.samples.k:
            return labels
        return np.pad(labels.astype(np.float64), ((0, 0), (0, self.k - self.samples.k)), constant_values=np.nan)

    def __repr__(self) -> str:
        return (
            f"ReviewRows({len(self):,} {self.samples.kind}, {self.k} classes, {int(self.predicted.sum()):,} rows "
            "with probabilities)"
        )


def _fold_text(fold: int) -> str:
    return "test" if fold == TEST else str(int(fold))

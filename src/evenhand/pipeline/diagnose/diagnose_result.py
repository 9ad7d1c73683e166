"""The result of `diagnose`: figures, confidence, classes, confusions and unlike rows of a folder."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evenhand.base.values import Finding, Interval, Predictions
from evenhand.evaluation.figures.confusion import Confusion
from evenhand.evaluation.new_rows.class_shares import ClassShare
from evenhand.evaluation.new_rows.confidence import ConfidenceQuantiles
from evenhand.evaluation.new_rows.unlike import Unlikeness
from evenhand.pipeline.verbs.predict import PredictionResult


@dataclass(frozen=True)
class RowCounts:
    """How many rows there are and what became of them.

    Attributes
    ----------
    found
        Rows in the folder.
    sampled
        Rows of the random sample; None where all were taken.
    predicted
        Rows that could be decoded.
    trained_on
        Predicted rows with the bytes of rows that the run was trained on; no figure counts them.
    locked
        Predicted rows with the bytes of locked rows of the run; they count.
    known
        Counted rows whose truth is known.
    """

    found: int
    sampled: int | None
    predicted: int
    trained_on: int
    locked: int
    known: int

    @property
    def counted(self) -> int:
        """Predicted rows that the run was not trained on."""
        return self.predicted - self.trained_on


@dataclass(frozen=True, eq=False)
class DiagnoseResult:
    """A run on new rows.

    Attributes
    ----------
    prediction
        All predictions, as `predict` returns them.
    counted
        Predictions of the rows that the run was not trained on, with truth and groups where known.
    table
        A row per predicted row: id, path, predicted, confidence, truth (None where unknown), distance (over the
        distance that held-out rows exceed at the expected rate), as_far (share of held-out rows at least as far),
        flagged, trained_on. Columns that are not known are empty.
    rows
        Numbers of rows.
    truth_source
        Where the truth comes from; where there is none, why.
    figures, of_run
        Metric -> figure on counted rows with a truth (empty without any), and that of the run out of fold.
    expected_accuracy
        Mean accuracy of held-out rows of the same confidence, over the counted rows; NaN without any.
    confidence
        Quantiles of confidence.
    shares, against
        How often classes are predicted, and against what: "truth", or "run" (its out-of-fold predictions).
    confusions
        The most frequent confusions; empty without truth, or where several labels may hold.
    unlike
        Distances from the training rows; None where they could not be measured.
    unlike_model
        The model in whose features distances are measured.
    notes
        Sentences on what is not known or not possible here, and how rows were sampled.
    findings
        Findings, errors first.
    """

    prediction: PredictionResult
    counted: Predictions
    table: pd.DataFrame
    rows: RowCounts
    truth_source: str
    figures: Mapping[str, Interval]
    of_run: Mapping[str, Mapping[str, Any]]
    expected_accuracy: float
    confidence: tuple[ConfidenceQuantiles, ...]
    shares: tuple[ClassShare, ...]
    against: str
    confusions: tuple[Confusion, ...]
    unlike: Unlikeness | None
    unlike_model: str
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def model(self) -> str:
        """Name of the model or blend."""
        return self.prediction.model

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        expected = self.expected_accuracy
        return {
            "model": self.model,
            "source": str(self.prediction.root.path),
            "counts": {**vars(self.rows), "counted": self.rows.counted},
            "truth": self.truth_source,
            "figures": {name: figure.document() for name, figure in self.figures.items()},
            "figures_of_run": {name: dict(figure) for name, figure in self.of_run.items()},
            "expected_accuracy": None if expected != expected else expected,
            "confidence": [one.document() for one in self.confidence],
            "classes": {"against": self.against, "shares": [one.document() for one in self.shares]},
            "confusions": [one.document() for one in self.confusions],
            "unlike": None if self.unlike is None else {**self.unlike.document(), "model": self.unlike_model},
            "notes": list(self.notes),
            "left_out": [vars(failure) for failure in self.prediction.failures],
            "findings": [finding.document() for finding in self.findings],
            "rows": self.table.astype(object).where(self.table.notna(), None).to_dict(orient="records"),
        }

    def save(self, folder: str | Path, *, force: bool = False) -> tuple[Path, Path]:
        """Write diagnose.html and diagnose.csv into a folder and return their paths.

        Raises
        ------
        EvenhandError
            If one of them exists, unless `force`.
        """
        from evenhand.pipeline.diagnose.write import write_diagnosis

        return write_diagnosis(self, Path(folder), force=force)

    def __repr__(self) -> str:
        shown = "".join(f", {name} {figure}" for name, figure in list(self.figures.items())[:2])
        return f"DiagnoseResult({self.rows.predicted:,} rows by {self.model}{shown})"

    def _repr_html_(self) -> str:
        found = "".join(f"<li>{html.escape(f'{f.code} {f.severity}: {f.message}')}</li>" for f in self.findings)
        shares = pd.DataFrame([one.document() for one in self.shares])
        return (
            f"<p>{html.escape(repr(self))}</p><ul>{found}</ul>"
            f"{shares.to_html(index=False, escape=True, max_rows=20) if len(shares) else ''}"
        )

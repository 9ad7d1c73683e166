"""The values that `predict_stream` yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Decision:
    """The class that a row was decided for, and the step (counted from 1) after which it was."""

    predicted: str
    step: int


@dataclass(frozen=True, eq=False)
class StreamedStep:
    """What came of one line of a stream: probabilities, a fault, or the end of a row.

    Attributes
    ----------
    line
        Number of the line in the stream, counted from 1; that of the last one for the end of the stream.
    row
        Number of the row (a scan), counted from 1.
    row_line
        Number of the line in its row, those that could not be used too; for the end of a row, how many it had.
    probabilities
        Class -> probability after this line; empty for a fault, an end, and where nothing was scanned yet.
    predicted
        The most probable class; of multi-label rows, those with a probability of at least 0.5.
    confidence
        Probability of the predicted class; of multi-label rows, that of the least certain label.
    decision
        Once the row is decided, for what and when.
    fault
        A sentence about a line that could not be used, or "".
    end
        Whether the row ends here.
    """

    line: int
    row: int
    row_line: int
    probabilities: Mapping[str, float]
    predicted: tuple[str, ...] = ()
    confidence: float = float("nan")
    decision: Decision | None = None
    fault: str = ""
    end: bool = False

    def document(self, *, several: bool = False) -> dict[str, Any]:
        """Return plain values for one line of JSON.

        Parameters
        ----------
        several
            Whether rows may have several labels: "predicted" is a list then.
        """
        out: dict[str, Any] = {"line": self.line, "row": self.row, "row_line": self.row_line}
        if self.fault:
            out["fault"] = self.fault
        if self.end:
            out["end"] = True
        if self.probabilities:
            out["predicted"] = list(self.predicted) if several else self.predicted[0]
            out["confidence"] = self.confidence
            out["probabilities"] = dict(self.probabilities)
        if self.decision is not None:
            out["decision"], out["decided_at"] = self.decision.predicted, self.decision.step
        return out

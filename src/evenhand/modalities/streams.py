"""Rows that arrive step by step: what a kind of data makes of each piece of text of a stream. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

Arrays = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True, eq=False)
class Step:
    """One encoded step of a row.

    Attributes
    ----------
    arrays
        The arrays of `Kind.sequence`, (1, ...) each, as the store would hold the row's latest step.
    number
        Number of the step in its row, counted from 1.
    kept
        Whether later steps follow this one. A step that is not complete yet, such as a mean over several lines of
        which some are still to come, is replaced by the next.
    """

    arrays: Arrays
    number: int
    kept: bool = True


@dataclass(frozen=True, eq=False)
class StreamItem:
    """What one line of text of a stream was.

    Attributes
    ----------
    step
        The step to predict from; None where the line brings nothing new.
    fault
        Why the line could not be used, words that complete "line 7: …"; "" if it could.
    ends
        What ends with it: the row, the whole stream, or "" for nothing.
    """

    step: Step | None = None
    fault: str = ""
    ends: Literal["", "row", "stream"] = ""


class StepStream(Protocol):
    """Reads a stream of rows of one kind; holds no more than a bounded part of the latest row."""

    def read(self, text: str) -> StreamItem:
        """Return what a line of text is; raises nothing, whatever it holds."""

    def missed(self, fault: str) -> StreamItem:
        """Return what becomes of a line of text that could not be read, such as one that was cut off."""

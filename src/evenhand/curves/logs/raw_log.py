"""What every reader returns: named values in the order in which they were logged, and what they are counted by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.values import Floats

KNOWN = (
    "What is read is a table of epochs (a CSV, or aligned with blanks), metrics.csv of Lightning, "
    "trainer_state.json of Hugging Face, a Keras history (JSON or CSVLogger), and event files of TensorBoard."
)
MOST_NAMES = 20
"""Most columns that a message lists."""


@dataclass(frozen=True, eq=False)
class Series:
    """One named series as logged.

    Attributes
    ----------
    name
        The name in the log.
    epochs, steps
        (e,) float64, NaN where the log does not say.
    values
        (e,) float64; NaN or infinite where the log says so. A missing cell is no value.
    """

    name: str
    epochs: Floats
    steps: Floats
    values: Floats


@dataclass(frozen=True, eq=False)
class RawLog:
    """The series of one fit.

    Attributes
    ----------
    name
        Of the log or the model, for messages.
    series
        In the order of the log.
    fold, seed
        None where the log does not say.
    completed
        Whether epochs count what is completed (1.0 after the first), so that 0 is before training.
    notes
        What reading did, in sentences.
    columns
        Every name in the log, read or not.
    """

    name: str
    series: tuple[Series, ...]
    fold: int | None = None
    seed: int | None = None
    completed: bool = False
    notes: tuple[str, ...] = field(default=())
    columns: tuple[str, ...] = ()


def whole(values: Floats) -> bool:
    """Return whether all known (e,) numbers are whole.

    >>> whole(np.array([1.0, np.nan, 2.0])), whole(np.array([0.5]))
    (True, False)
    """
    known = values[~np.isnan(values)]
    return bool(np.all(known == np.floor(known)))


def no_curves(name: str, seen: Sequence[str]) -> DataError:
    """Return the error for a file without any metric."""
    columns = f"{', '.join(seen[:MOST_NAMES])}{' and more' if len(seen) > MOST_NAMES else ''}"
    what = f" Its columns are {columns}." if seen else ""
    remedy = " Say which column is which: --column NAME=val/loss." if seen else ""
    return DataError(
        f"{name}: holds no values of a loss or metric by epoch or step.{what} Names are read such as train_loss, "
        f"val_loss, val_accuracy.{remedy} {KNOWN}"
    )

"""Columns that a person names: what each is read as, and what of a log it displaces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evenhand.base.errors import DataError, unknown
from evenhand.curves.metric_words import metric_name

EPOCHS = ("epoch", "epochs", "ep")
STEPS = ("step", "steps", "global_step", "trainer/global_step", "iteration", "iterations", "iter", "batch")
WHOSE: Mapping[str, tuple[str, ...]] = {
    "model": ("model", "run", "name", "experiment"),
    "fold": ("fold",),
    "seed": ("seed",),
}
_ROLES = frozenset((*EPOCHS, *STEPS, *(name for names in WHOSE.values() for name in names)))


def read_as(names: Iterable[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Return name in a log -> name that it is read as, those of `columns` first.

    A column that would be read as the same metric of the same rows as a named one is left out: a person's word
    counts before a guess.

    Raises
    ------
    DataError
        If two columns are to be read as one.

    >>> read_as(["epoch", "val_loss", "ema"], {"ema": "val/loss", "other": "val/accuracy"})
    {'ema': 'val/loss', 'epoch': 'epoch'}
    """
    names = list(dict.fromkeys(names))
    named = {name: columns[name] for name in names if name in columns}
    taken: dict[tuple[str, str], str] = {}
    for name, word in named.items():
        other = taken.setdefault(_meaning(word), name)
        if other != name:
            raise DataError(f"columns {other} and {name}: both are to be read as {word}. Name one of them.")
    return named | {name: name for name in names if name not in named and _meaning(name) not in taken}


def check_columns(columns: Mapping[str, str]) -> None:
    """Raise unless each column is read as a metric, an axis or a label of the fit.

    Raises
    ------
    DataError
        With the column, what it was to be read as, and what is allowed.
    """
    for column, word in columns.items():
        if word.strip().lower() not in _ROLES and metric_name(word) is None:
            raise DataError(
                f"column {column}: {word or 'nothing'} is not the name of a metric. Name rows and metric, such as "
                "train/loss or val/accuracy; or epoch, step, model, fold or seed."
            )


def refuse_unknown_columns(columns: Mapping[str, str], names: Sequence[str]) -> None:
    """Raise if a column that a person named is in none of the logs, whose columns are `names`.

    Raises
    ------
    DataError
        With the nearest name there is.
    """
    for column in columns:
        if column not in names:
            raise DataError(unknown("column in the log", column, sorted(set(names))))


def _meaning(word: str) -> tuple[str, str]:
    """Return rows and metric of a name; "" and the name itself where it is not one of a metric."""
    metric = metric_name(word)
    return ("", word.strip().lower()) if metric is None else (metric.rows, metric.metric)

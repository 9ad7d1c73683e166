"""The roles of the columns of a table of predictions: specified, or recognised by name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.text.cells import as_texts
from evenhand.evaluation.reading.class_columns import LOGIT, class_columns

Scale = Literal["auto", "probability", "logit", "normalise"]
"""The scale of the numbers; "normalise": not negative, divided by the sum of their row."""

SELECT_CLASSES = (
    "select the classes (--class NAME for each, Columns(classes=...) in Python), or write p:CLASS in line 1."
)
"""Advice where a column was taken for a class."""

KNOWN: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "ids", "row_id", "image_id", "sample_id", "image", "filename", "file", "path", "name"),
    "fold": ("fold", "folds", "cv_fold", "kfold"),
    "truth": ("truth", "label", "labels", "target", "y_true", "true", "class"),
    "group": ("group", "groups"),
    "model": ("model",),
    "set": ("set",),
}
"""Role -> names by which a column is recognised, case-insensitively."""


@dataclass(frozen=True)
class Columns:
    """The user's specification of columns.

    Attributes
    ----------
    id, fold, truth, group, model
        Names of columns; None to recognise them by name.
    classes
        Names of the class columns; None for all remaining ones.
    scale
        The scale of the numbers; "auto" infers it from names and numbers, and raises if in doubt.
    positions
        Whether labels are class indices, counted from 0; otherwise they are names, including numbers.
    several
        Whether a row may have several labels: its probabilities then need not sum to 1.
    """

    id: str | None = None
    fold: str | None = None
    truth: str | None = None
    group: str | None = None
    model: str | None = None
    classes: tuple[str, ...] | None = None
    scale: Scale = "auto"
    positions: bool = False
    several: bool = False


@dataclass(frozen=True)
class ColumnLayout:
    """The roles of the columns of one table.

    Attributes
    ----------
    roles
        "id", "fold", "truth", "group", "model", "set" -> the name of the column; roles without one are absent.
    classes
        Name of a class -> the name of its column, in their order.
    scale
        The scale of the numbers; "auto" where neither names nor the user specify it.
    left
        Columns that have no role and are not classes.
    """

    roles: Mapping[str, str]
    classes: Mapping[str, str]
    scale: Scale
    left: tuple[str, ...] = ()


def layout(
    names: Sequence[str],
    source: str,
    columns: Columns,
    *,
    first: Callable[[], pd.DataFrame] | None = None,
    labels: Collection[str] | None = None,
) -> ColumnLayout:
    """Return the roles of the columns.

    Parameters
    ----------
    names
        Of the columns, in their order.
    source
        The file, for messages.
    columns
        The user's specification.
    first
        Reads the first rows, to distinguish classes from other columns.
    labels
        Known class names.

    Raises
    ------
    DataError
        If a specified column does not exist, a role is ambiguous, or there is no id or no class.
    """
    roles = {role: name for role in KNOWN if (name := _role(role, names, source, columns)) is not None}
    if "id" not in roles:
        raise DataError(
            f"{source}: no column is recognised as ids; there are: {listed(names)}. Rename one of them to "
            f"{' or '.join(KNOWN['id'][:2])}, or specify it with --id."
        )
    rest = [name for name in names if name not in roles.values()]
    if columns.classes is not None:
        classes = {name: _there(name, rest, source) for name in columns.classes}
        return ColumnLayout(roles, classes, columns.scale)
    rows = None if first is None else first()
    truth = _truth(rows, roles, columns) if labels is None else labels
    # Only roles that were guessed: a column that the user named keeps its role.
    own = {role: name for role, name in roles.items() if getattr(columns, role, None) is None}
    sums = columns.scale in ("auto", "probability") and not columns.several
    found = class_columns(
        rest, own, names, source, rows, None if columns.positions else truth, sums=sums and not _logits(rest)
    )
    if not found.classes:
        raise DataError(f"{source}: has no column with numbers of a class; there are: {listed(names)}.")
    if not columns.several:
        _check_several(found.classes, source)
    roles = {role: name for role, name in roles.items() if role not in found.not_roles}
    used = {*roles.values(), *found.classes.values()}
    scale: Scale = "logit" if found.prefix in LOGIT else "probability" if found.prefix else "auto"
    left = tuple(name for name in rest if name not in used)
    return ColumnLayout(roles, found.classes, columns.scale if columns.scale != "auto" else scale, left)


def _check_several(classes: Mapping[str, str], source: str) -> None:
    """Raise if there is one class only, of which nothing can be evaluated."""
    if len(classes) == 1:
        (column,) = classes.values()
        raise DataError(
            f'{source}: "{column}" is the only column with numbers of a class; there must be one for each class. '
            "For two classes write both: p:A and p:B, which is 1 - p:A."
        )


def _logits(rest: Sequence[str]) -> bool:
    return sum(name.strip().lower().startswith(LOGIT) for name in rest) > 1


def _truth(rows: pd.DataFrame | None, roles: Mapping[str, str], columns: Columns) -> Collection[str] | None:
    """Return the labels of the first rows, if their column is certainly not a class itself."""
    if rows is None or "truth" not in roles:
        return None
    texts = {text for text in as_texts(rows[roles["truth"]]) if text is not None}
    numbers = pd.to_numeric(pd.Series(sorted(texts), dtype=object), errors="coerce")
    # Numbers may be labels or probabilities of a class named "truth"; texts can only be labels.
    return texts if columns.truth is not None or numbers.isna().any() else None


def _there(name: str, names: Sequence[str], source: str) -> str:
    """Return the column of a name, ignoring surrounding spaces."""
    found = name if name in names else next((one for one in names if one.strip() == name.strip()), None)
    if found is None:
        raise DataError(f"{source}: {unknown('column', name, names)}")
    return found


def _role(role: str, names: Sequence[str], source: str, columns: Columns) -> str | None:
    specified = getattr(columns, role, None)
    if specified is not None:
        return _there(str(specified), names, source)
    taken = set(columns.classes or ())
    for known in KNOWN[role]:
        found = [name for name in names if name.strip().lower() == known and name not in taken]
        if len(found) > 1:
            raise DataError(f"{source}: {listed(found)} may each be the {role}. Specify one with --{role}.")
        if found:
            return found[0]
    return None


def listed(names: Sequence[str], *, most: int = 12) -> str:
    """Return names in quotation marks for a message, at most `most` of them."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(f'"{name}"' for name in names[:most]) + more

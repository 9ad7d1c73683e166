"""Which column of a table of predictions is what: told, or known by its name, or a question to the user."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.text.cells import as_texts
from evenhand.evaluation.reading.class_columns import LOGIT, class_columns

Scale = Literal["auto", "probability", "logit", "normalise"]
"""What the numbers are; "normalise": not negative, and divided by the sum of their row."""

KNOWN: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "ids", "row_id", "image_id", "sample_id", "image", "filename", "file", "path", "name"),
    "fold": ("fold", "folds", "cv_fold", "kfold"),
    "truth": ("truth", "label", "labels", "target", "y_true", "true", "class"),
    "group": ("group", "groups"),
    "model": ("model",),
    "set": ("set",),
}
"""Role -> names by which a column is known to have it, whatever the case of its letters."""


@dataclass(frozen=True)
class Columns:
    """Which column is what, where names do not say so.

    Attributes
    ----------
    id, fold, truth, group, model
        Names of columns; None for a name that is known.
    classes
        Names of the columns that hold a class each; None for all that are left.
    scale
        What the numbers of the classes are; "auto" goes by names and looks at the numbers, and asks if in doubt.
    positions
        Whether labels are positions of the classes, counted from 0; otherwise they are names, numbers too.
    """

    id: str | None = None
    fold: str | None = None
    truth: str | None = None
    group: str | None = None
    model: str | None = None
    classes: tuple[str, ...] | None = None
    scale: Scale = "auto"
    positions: bool = False


@dataclass(frozen=True)
class ColumnLayout:
    """Which column of one table is what.

    Attributes
    ----------
    roles
        "id", "fold", "truth", "group", "model", "set" -> the name of the column; roles without one are missing.
    classes
        Name of a class -> the name of its column, in their order.
    scale
        What the numbers are; "auto" where neither names nor the user say.
    left
        Columns that are neither.
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
    """Return which column is what.

    Parameters
    ----------
    names
        Of the columns, in their order.
    source
        The file, for messages.
    columns
        What the user says.
    first
        Reads the first rows, to tell classes from other columns.
    labels
        Names that are known to be classes.

    Raises
    ------
    DataError
        If a column that was told is not there, two columns may be the same thing, there is no id, or no class.
    """
    roles = {role: name for role in KNOWN if (name := _role(role, names, source, columns)) is not None}
    if "id" not in roles:
        raise DataError(
            f"{source}: no column is known to hold ids; there are: {listed(names)}. Name one of them "
            f"{' or '.join(KNOWN['id'][:2])}, or say which with --id."
        )
    rest = [name for name in names if name not in roles.values()]
    if columns.classes is not None:
        classes = {name: _there(name, rest, source) for name in columns.classes}
        return ColumnLayout(roles, classes, columns.scale)
    rows = None if first is None else first()
    truth = _truth(rows, roles, columns) if labels is None else labels
    own = {role: name for role, name in roles.items() if getattr(columns, role, None) is None}
    sums = columns.scale in ("auto", "probability")
    found = class_columns(
        rest, own, names, source, rows, None if columns.positions else truth, sums=sums and not _logits(rest)
    )
    if not found.classes:
        raise DataError(f"{source}: holds no column with numbers of a class; there are: {listed(names)}.")
    roles = {role: name for role, name in roles.items() if role not in found.not_roles}
    used = {*roles.values(), *found.classes.values()}
    scale: Scale = "logit" if found.prefix in LOGIT else "probability" if found.prefix else "auto"
    left = tuple(name for name in rest if name not in used)
    return ColumnLayout(roles, found.classes, columns.scale if columns.scale != "auto" else scale, left)


def _logits(rest: Sequence[str]) -> bool:
    return sum(name.strip().lower().startswith(LOGIT) for name in rest) > 1


def _truth(rows: pd.DataFrame | None, roles: Mapping[str, str], columns: Columns) -> Collection[str] | None:
    """Return the labels of the first rows, where a column holds them and is surely no class itself."""
    if rows is None or "truth" not in roles:
        return None
    texts = {text for text in as_texts(rows[roles["truth"]]) if text is not None}
    numbers = pd.to_numeric(pd.Series(sorted(texts), dtype=object), errors="coerce")
    return texts if columns.truth is not None or numbers.isna().any() else None


def _there(name: str, names: Sequence[str], source: str) -> str:
    """Return the column of a name, whatever spaces stand around it."""
    found = name if name in names else next((one for one in names if one.strip() == name.strip()), None)
    if found is None:
        raise DataError(f"{source}: {unknown('column', name, names)}")
    return found


def _role(role: str, names: Sequence[str], source: str, columns: Columns) -> str | None:
    told = getattr(columns, role, None)
    if told is not None:
        return _there(str(told), names, source)
    taken = set(columns.classes or ())
    for known in KNOWN[role]:
        found = [name for name in names if name.strip().lower() == known and name not in taken]
        if len(found) > 1:
            raise DataError(f"{source}: {listed(found)} may each be the {role}. Say which with --{role}.")
        if found:
            return found[0]
    return None


def listed(names: Sequence[str], *, most: int = 12) -> str:
    """Return names in quotation marks for a sentence, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(f'"{name}"' for name in names[:most]) + more

"""Which column of a table of predictions is what: told, or known by its name, or a question to the user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evenhand.base.errors import DataError, unknown

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

PASSED_OVER = (
    "predicted",
    "confidence",
    "expected_accuracy",
    "margin",
    "agreement",
    "prediction",
    "y_pred",
    "",
    "index",
    "unnamed: 0",
    "__index_level_0__",
)
"""Names of columns that say nothing which the others do not."""

PROBABILITY = ("p:", "prob:", "proba:", "p_", "prob_", "proba_")
LOGIT = ("logit:", "logits:", "logit_", "logits_")
"""What may stand before the name of a class."""


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
    """

    id: str | None = None
    fold: str | None = None
    truth: str | None = None
    group: str | None = None
    model: str | None = None
    classes: tuple[str, ...] | None = None
    scale: Scale = "auto"


@dataclass(frozen=True)
class Layout:
    """Which column of one table is what.

    Attributes
    ----------
    roles
        "id", "fold", "truth", "group", "model", "set" -> the name of the column; roles without one are missing.
    classes
        Name of a class -> the name of its column, in their order.
    scale
        What the numbers are; "auto" where neither names nor the user say.
    """

    roles: Mapping[str, str]
    classes: Mapping[str, str]
    scale: Scale


def layout(names: Sequence[str], source: str, columns: Columns) -> Layout:
    """Return which column is what.

    Raises
    ------
    DataError
        If a column that was told is not there, two columns may be the same thing, there is no id, or no class.
    """
    roles = {role: name for role in KNOWN if (name := _role(role, names, source, columns)) is not None}
    if "id" not in roles:
        raise DataError(
            f"{source}: no column is known to hold ids; there are: {_listed(names)}. Name one of them "
            f"{' or '.join(KNOWN['id'][:2])}, or say which with --id."
        )
    rest = [name for name in names if name not in roles.values()]
    classes, scale = _classes(rest, source, columns)
    if not classes:
        raise DataError(f"{source}: holds no column with numbers of a class; there are: {_listed(names)}.")
    return Layout(roles, classes, columns.scale if columns.scale != "auto" else scale)


def _role(role: str, names: Sequence[str], source: str, columns: Columns) -> str | None:
    told = getattr(columns, role, None)
    if told is not None:
        if told not in names:
            raise DataError(f"{source}: {unknown('column', told, names)}")
        return str(told)
    taken = set(columns.classes or ())
    for known in KNOWN[role]:
        found = [name for name in names if name.strip().lower() == known and name not in taken]
        if len(found) > 1:
            raise DataError(f"{source}: {_listed(found)} may each be the {role}. Say which with --{role}.")
        if found:
            return found[0]
    return None


def _classes(rest: Sequence[str], source: str, columns: Columns) -> tuple[dict[str, str], Scale]:
    """Return name of a class -> column, and what their names say the numbers are."""
    if columns.classes is not None:
        missing = [name for name in columns.classes if name not in rest]
        if missing:
            raise DataError(f"{source}: {unknown('column', missing[0], rest)}")
        return {name: name for name in columns.classes}, "auto"
    for prefixes, scale in ((PROBABILITY, "probability"), (LOGIT, "logit")):
        for prefix in prefixes:
            found = {name[len(prefix) :]: name for name in rest if name.lower().startswith(prefix)}
            if len(found) > 1:
                return found, scale  # type: ignore[return-value]
    return {name: name for name in rest if name.strip().lower() not in PASSED_OVER}, "auto"


def _listed(names: Sequence[str], *, most: int = 12) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(f'"{name}"' for name in names[:most]) + more

"""Find the columns of a table that hold the numbers of one class each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.text.cells import as_texts, by_spelling, same_as
from evenhand.base.values.probabilities import OFF, ROUNDING

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
"""Names of redundant columns, ignored unless rows sum to 1 only with them."""

PROBABILITY = ("p:", "prob:", "proba:", "p_", "prob_", "proba_")
LOGIT = ("logit:", "logits:", "logit_", "logits_")
"""Prefixes of class names; one with a colon is never part of the name."""

ROLES = ("truth", "group", "fold", "model", "set")
"""Roles whose column may be a class instead: there are classes named "true", "set" and "model"."""


@dataclass(frozen=True)
class ClassColumns:
    """One interpretation of the columns of a table as classes.

    Attributes
    ----------
    classes
        Name of a class -> its column.
    prefix
        The prefix of every name, "" for none.
    not_roles
        Roles that no column has under this interpretation.
    """

    classes: Mapping[str, str]
    prefix: str = ""
    not_roles: tuple[str, ...] = field(default=())


def class_columns(
    rest: Sequence[str],
    roles: Mapping[str, str],
    every: Sequence[str],
    source: str,
    first: pd.DataFrame | None,
    labels: Collection[str] | None,
    *,
    sums: bool = True,
    off: float = OFF,
) -> ClassColumns:
    """Return the most plausible interpretation of columns as classes.

    A prefix with a colon (`p:CLASS`) is unambiguous. Otherwise there may be several interpretations: "p_mirabilis"
    is a prefix and a name, or a name; "index" and "true" are known words, or classes. The first interpretation
    under which the labels are classes and the first rows sum to 1 is chosen; if there is none, the first.

    Parameters
    ----------
    rest
        Columns without a role.
    roles
        Role -> column.
    every
        All columns, in their order.
    source
        The file, for messages.
    first
        The first rows, or None if they were not read.
    labels
        Known class names, or None.
    sums
        Whether rows must sum to 1.
    off
        Tolerance of these sums.
    """
    for prefix in (*PROBABILITY, *LOGIT):
        if prefix.endswith(":") and len(found := _with_prefix(rest, prefix)) > 1:
            return ClassColumns(_named(found, prefix, source), prefix)
    readings = list(_readings(rest, roles, every, source, _words(rest, first)))
    if sums and first is not None:
        readings += list(_fewer(rest, first, labels, source))
    for reading in readings if first is not None else ():
        if _fits(reading, first, labels, sums, off):
            return reading
    return readings[0]


def _readings(
    rest: Sequence[str], roles: Mapping[str, str], every: Sequence[str], source: str, words: Collection[str]
) -> Iterator[ClassColumns]:
    """Yield interpretations, the likeliest first; columns of text are not classes if two others may be."""
    plain = [name for name in rest if name.strip().lower() not in PASSED_OVER]
    for prefix in (*PROBABILITY, *LOGIT):
        if len(found := _with_prefix(rest, prefix)) > 1:
            yield ClassColumns(_named(found, prefix, source), prefix)
            break
    yield ClassColumns(_named(plain, "", source))
    if words and len(numbers := [name for name in plain if name not in words]) > 1:
        plain = numbers
        yield ClassColumns(_named(plain, "", source))
    passed = [name for name in rest if name not in plain and name not in words and name.strip()]
    free = {role: name for role, name in roles.items() if role in ROLES}
    for more in ((name,) for name in passed):
        yield _more(plain, more, (), every, source)
    for role, name in free.items():
        yield _more(plain, (name,), (role,), every, source)
    if passed:
        yield _more(plain, passed, (), every, source)
    for role, name in free.items():
        for other in passed:
            yield _more(plain, (name, other), (role,), every, source)


def _fewer(
    rest: Sequence[str], first: pd.DataFrame, labels: Collection[str] | None, source: str
) -> Iterator[ClassColumns]:
    """Yield interpretations that leave columns out: those with other numbers than probabilities; all but labels.

    Tables have columns such as "age". They are tried last and only if rows must sum to 1, as all classes do.
    """
    numbers = first[list(rest)].apply(pd.to_numeric, errors="coerce")
    within = ((numbers >= -ROUNDING) & (numbers <= 1 + ROUNDING)).all(axis=0)
    likely = [name for name in rest if within[name] and name.strip().lower() not in PASSED_OVER]
    spellings = by_spelling(labels or ())
    labelled = [name for name in likely if name in (labels or ()) or same_as(name, spellings) is not None]
    yield from (ClassColumns(_named(names, "", source)) for names in (likely, labelled) if len(names) > 1)


def _words(names: Sequence[str], first: pd.DataFrame | None) -> set[str]:
    """Return the columns without a number in any of the first rows."""
    if first is None or not len(first):
        return set()
    return {name for name in names if pd.to_numeric(first[name], errors="coerce").isna().all()}


def _more(
    plain: Sequence[str], more: Sequence[str], roles: tuple[str, ...], every: Sequence[str], source: str
) -> ClassColumns:
    taken = {*plain, *more}
    return ClassColumns(_named([name for name in every if name in taken], "", source), not_roles=roles)


def _with_prefix(names: Sequence[str], prefix: str) -> list[str]:
    return [name for name in names if name.strip().lower().startswith(prefix)]


def _named(columns: Sequence[str], prefix: str, source: str) -> dict[str, str]:
    """Return name of a class -> column.

    Raises
    ------
    DataError
        If two columns name one class.
    """
    texts = as_texts(column.strip()[len(prefix) :] for column in columns)
    names = [text or "" for text in texts]
    out: dict[str, str] = {}
    for name, column in zip(names, columns, strict=True):
        if name in out:
            raise DataError(f'{source}: the columns "{out[name]}" and "{column}" both name the class "{name}".')
        out[name] = column
    return out


def _fits(
    reading: ClassColumns, first: pd.DataFrame | None, labels: Collection[str] | None, sums: bool, off: float
) -> bool:
    """Return whether the labels are classes and, if required, the first rows are probabilities."""
    if labels is not None:
        spellings = by_spelling(reading.classes)
        if any(name not in reading.classes and same_as(name, spellings) is None for name in labels):
            return False
    if first is None or not reading.classes:
        return False
    numbers = first[list(reading.classes.values())].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    if np.isnan(numbers).any():
        return False
    return not sums or bool((np.abs(numbers.sum(axis=1) - 1) <= off).all() and (numbers >= -ROUNDING).all())

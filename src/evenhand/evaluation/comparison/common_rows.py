"""Predictions of several models brought to the same rows, classes and order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from evenhand.base.errors import DataError
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import NamedClasses, Predictions, Strings
from evenhand.evaluation.core.evaluated_rows import known


def in_common(predictions: Sequence[Predictions]) -> tuple[Predictions, ...]:
    """Return each set of predictions on the common rows, in the order and with the classes of the first.

    Truth, folds and groups stay those of each; all have the named sets and levels of any, the first before others.
    A class that no common row has may be missing in some: they give it a probability of 0.

    Raises
    ------
    DataError
        If ids repeat, no row is common to all, or the classes differ; the message names the models.
    """
    for p in predictions:
        check_ids(p)
    first = predictions[0]
    ids = pd.Index(first.ids)
    for p in predictions[1:]:
        ids = ids[ids.isin(pd.Index(p.ids))]
    if not len(ids):
        firsts = ", ".join(f'{named(p)} begins with "{p.ids[0]}"' for p in predictions if len(p))
        raise DataError(f"No row is common to all ({firsts}). Rows are matched by id; give them the same ids.")
    rows = ids.to_numpy(dtype=object)
    every = _with_empty_classes(predictions)
    same = [with_classes_of(every[0], take_ids(p, rows)) for p in every]
    # A file beside a run has no named classes of its own; one metric must mean the same for both.
    known_to_any = reduce(NamedClasses.filled, (p.named for p in same))
    return tuple(replace(p, named=known_to_any) for p in same)


def _with_empty_classes(predictions: Sequence[Predictions]) -> tuple[Predictions, ...]:
    """Return predictions with the classes of others that no common row has, which get a probability of 0.

    Such is a class that one version of the data gained by new rows.
    """
    names = sorted({name for p in predictions for name in p.classes})
    if all(set(p.classes) == set(names) for p in predictions):
        return tuple(predictions)
    common = set.intersection(*(set(p.ids) for p in predictions))
    held = {name for p in predictions for name in _occurring(p.take(pd.Index(p.ids).isin(common)))}
    empty = [name for name in names if name not in held]
    return tuple(_widened(p, [name for name in empty if name not in p.classes]) for p in predictions)


def _occurring(p: Predictions) -> set[str]:
    """Return the classes that some row has; all of them where the truth is not known."""
    if p.truth is None:
        return set(p.classes)
    at = np.flatnonzero((p.truth > 0).any(axis=0)) if p.truth.ndim == 2 else np.unique(p.truth[p.truth >= 0])
    return {p.classes[c] for c in at}


def _widened(p: Predictions, names: Sequence[str]) -> Predictions:
    if not names:
        return p
    empty = np.zeros((len(p), len(names)))
    truth = np.hstack([p.truth, empty]) if p.truth is not None and p.truth.ndim == 2 else p.truth
    wide = np.hstack([p.probabilities, empty])
    return replace(
        p,
        classes=(*p.classes, *names),
        probabilities=wide,
        truth=truth,
        logits=None,
        named=p.named.widened(names),
    )


def in_one_order(predictions: Sequence[Predictions]) -> tuple[Predictions, ...]:
    """Return each set of predictions on the common rows, in an order that does not depend on which comes first.

    Rows in different orders are sorted by id; of class orders the one that sorts first is taken. A bootstrap
    samples rows by position, and ties go to the first class: both must not depend on the order of the models.

    Raises
    ------
    DataError
        As `in_common`.
    """
    predictions = _with_empty_classes(predictions)
    same = in_common(predictions)
    if any(p.classes != predictions[0].classes for p in predictions):
        reference = min(predictions, key=lambda p: p.classes)
        same = tuple(with_classes_of(reference, p) for p in same)
    ids = pd.Index(same[0].ids)
    places = (pd.Index(p.ids).get_indexer(ids) for p in predictions[1:])
    if all((np.diff(place) > 0).all() for place in places):
        return same
    order = np.argsort(unique_names(same[0].ids)[1], kind="stable")
    return tuple(p.take(order) for p in same)


def with_one_truth(predictions: Sequence[Predictions]) -> tuple[Predictions, ...]:
    """Return predictions on the same rows with the union of their knowledge about truth and groups.

    Where their groups differ, rows belong together if they do for any of them.

    Raises
    ------
    DataError
        If two disagree on the truth of a row, or on the degree from which on a soft label is true.
    """
    one, *others = predictions
    for p in others:
        if p.truth_threshold != one.truth_threshold and "soft" in (one.task, p.task):
            raise DataError(
                f"{named(one)} takes soft labels for true from {one.truth_threshold:g} on, and {named(p)} from "
                f"{p.truth_threshold:g}: their figures are about different truths. Evaluate both with one "
                "evaluate.truth_threshold."
            )
    truth = None
    for p in predictions:
        truth = _filled(truth, p, predictions[0])
    groups = joined_groups([p.groups for p in predictions if p.groups is not None])
    families = groups is not None and all(p.named_groups is None for p in predictions)
    return tuple(replace(p, truth=truth, groups=groups, families=families) for p in predictions)


def disagreeing(a: Predictions, b: Predictions) -> npt.NDArray[np.bool_]:
    """Return (n,) bool: rows whose truth, of several labels that of any, both know with different values."""
    if a.truth is None or b.truth is None:
        return np.zeros(len(a), dtype=bool)
    if a.truth.ndim != b.truth.ndim:
        raise DataError(f"{named(a)} and {named(b)} do not have the truth in the same form.")
    differ = (a.truth != b.truth) & _known_cells(a.truth) & _known_cells(b.truth)
    return np.asarray(differ.any(axis=1) if differ.ndim == 2 else differ)


def _known_cells(truth: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return (n,) or (n, k) bool: where the truth is known."""
    return np.asarray(~np.isnan(truth) if truth.ndim == 2 else known(truth))


def check_ids(p: Predictions) -> None:
    """Raise a `DataError` if an id of the predictions repeats."""
    repeated = pd.Series(p.ids)[pd.Series(p.ids).duplicated()]
    if len(repeated):
        raise DataError(f'{named(p)} has {len(repeated)} ids more than once (first: "{repeated.iloc[0]}").')


def take_ids(p: Predictions, ids: Strings) -> Predictions:
    """Return the rows of these ids, all of which must be there, in their order."""
    if len(p) == len(ids) and (p.ids == ids).all():
        return p
    return p.take(pd.Index(p.ids).get_indexer(pd.Index(ids)))


def with_classes_of(first: Predictions, p: Predictions) -> Predictions:
    """Return predictions with their classes in the order of `first`.

    Raises
    ------
    DataError
        If a class of one is missing in the other.
    """
    if p.classes == first.classes:
        return p
    only = [sorted(set(a.classes) - set(b.classes)) for a, b in ((first, p), (p, first))]
    if any(only):
        differing = [
            f"only {named(of)} has {', '.join(names)}" for of, names in zip((first, p), only, strict=True) if names
        ]
        raise DataError(
            f"{named(first)} and {named(p)} do not have the same classes: {'; '.join(differing)}. Give every "
            "file a column per class (0 where a model does not know it)."
        )
    order = [p.classes.index(name) for name in first.classes]
    truth = p.truth
    if truth is not None:
        # `order` maps new positions to old ones; class indices need the inverse, and unknown ones (-1) stay.
        truth = truth[:, order] if truth.ndim == 2 else np.where(truth >= 0, np.argsort(order)[truth], truth)
    logits = None if p.logits is None else p.logits[:, order]
    return replace(
        p,
        classes=first.classes,
        probabilities=p.probabilities[:, order],
        truth=truth,
        logits=logits,
        named=p.named.reordered(order),
    )


def named(p: Predictions) -> str:
    """Return the name of a model for a message."""
    return f'"{p.model}"' if p.model else "A model without a name"


def joined_groups(every: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any] | None:
    """Return (n,) the connected components of all groupings, whatever the order of `every`."""
    if not every:
        return None
    # Which of several equivalent names is taken, and the numbers of joined groups, must not depend on the first
    # model.
    every = sorted(every, key=lambda names: [*map(str, names)])
    if all((names == every[0]).all() for names in every[1:]):
        return every[0]
    n = len(every[0])
    numbers = [unique_names(names)[1] for names in every]
    starts = n + np.cumsum([0, *(number.max(initial=-1) + 1 for number in numbers)])
    ends = np.concatenate([number + start for number, start in zip(numbers, starts[:-1], strict=True)])
    # A bipartite graph of rows and groups, each grouping with numbers of its own: its components are the result.
    links = (np.ones(len(ends)), (np.tile(np.arange(n), len(every)), ends))
    graph = sp.coo_array(links, shape=(starts[-1], starts[-1]))
    of_row = np.unique(connected_components(graph, directed=False)[1][:n], return_inverse=True)[1]
    for names, number in zip(every, numbers, strict=True):
        # Equally many groups as components: this grouping already is the join, and keeps its names.
        if number.max(initial=-1) == of_row.max(initial=-1):
            return names
    return np.asarray([f"group {number + 1}" for number in of_row], dtype=object)


def _filled(truth: Any, p: Predictions, first: Predictions) -> Any:
    """Return the truth, with missing values filled in from `p`."""
    if truth is None or p.truth is None:
        return p.truth if truth is None else truth
    differ = disagreeing(replace(first, truth=truth), p)
    if differ.any():
        raise DataError(
            f"{named(first)} and {named(p)} disagree on the truth of {int(differ.sum())} rows (first: "
            f'"{p.ids[int(differ.argmax())]}"). Two versions of one data set are compared by compare_versions '
            "(evenhand compare --versions), which separates changed labels from a changed model, or on the rows "
            "with the same label (--same-labels)."
        )
    missing = ~_known_cells(truth)
    out = truth.copy()
    out[missing] = p.truth[missing]
    return out

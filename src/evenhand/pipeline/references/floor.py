"""The floor of every table: a small forest on trivial features of the rows, on the folds of the run.

A network that is not better than counts of entities, or than size and mean colour, has learned nothing from the
content. The floor is neither chosen nor blended, and is kept apart from the predictions of models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.seeds import seed_from
from evenhand.base.storage.record import ROW, Record
from evenhand.base.values import TEST, Floats, Ints, Mask, RowSet, Samples, Strings
from evenhand.pipeline.references.linear import linear_probabilities
from evenhand.pipeline.stages.collect import Sets, sets_of_table
from evenhand.pipeline.stages.source import DataSource, file_facts
from evenhand.settings.load import Settings

FILE = "floor.parquet"
PREFIX, REFERENCE = "floor: ", "reference: "
TREES = 40
MOST_ROWS = 4000
"""Rows behind a tree: of more data each tree draws so many, which bounds the time and changes little."""


def write_floor(record: Record, settings: Settings, source: DataSource) -> None:
    """Write the predictions of the floor and of other references, unless the record has them or they are off."""
    if record.has(FILE) or not settings.evaluate.floor:
        return
    rows, fold = source.samples.frame[ROW].to_numpy(), record.folds().of(source.samples.ids)
    together, _ = record.folds().resampling_groups(source.samples, np.arange(len(fold)))
    second = source.generalization
    entry = None if second is None else next(iter(second.entries.values()))
    tables: list[pd.DataFrame] = []
    found = source.kind.floor_features(source.entry, rows, source.facts)
    if found is not None:
        other = None
        if second is not None and entry is not None:
            facts = file_facts(source.kind, second.root, second.samples)
            there = source.kind.floor_features(entry, second.samples.frame[ROW].to_numpy(), facts)
            other = None if there is None else (second.samples.ids, there[1])
        tables += _predicted(f"{PREFIX}{found[0]}", source.samples, fold, found[1], other, _by_forest)
    for one in source.kind.references(source.entry, rows[fold != TEST]):
        other = None
        if second is not None and entry is not None:
            other = second.samples.ids, one.of(entry, second.samples.frame[ROW].to_numpy())
        features = one.of(source.entry, rows)
        by_ridge = partial(_by_ridge, groups=together)
        tables += _predicted(f"{REFERENCE}{one.name}", source.samples, fold, features, other, by_ridge)
    if tables:
        record.write_table(FILE, pd.concat(tables, ignore_index=True))


def _predicted(
    name: str,
    samples: Samples,
    fold: Ints,
    features: Floats,
    other: tuple[Strings, Floats] | None,
    predict: Callable[[Samples, Floats, Mask, list[Floats], int], list[Floats]],
) -> list[pd.DataFrame]:
    """Return the predictions of a reference by the models of all folds, as tables of trained models have them.

    Parameters
    ----------
    other
        Ids and features of the rows of a second set.
    predict
        Rows, features, rows to fit on, features that are asked for, fold -> probabilities of each.
    """
    tables = []
    for f in range(int(fold.max()) + 1):
        sets = [("validation", fold == f), ("test", fold == TEST)]
        fit = (fold != f) & (fold != TEST) & samples.known
        asked = [(of, samples.ids[rows], features[rows]) for of, rows in sets if rows.any()]
        asked += [] if other is None else [(RowSet.GENERALIZATION.value, *other)]
        predicted = predict(samples, features, fit, [x for _, _, x in asked], f)
        for (of, ids, _), probabilities in zip(asked, predicted, strict=True):
            table = pd.DataFrame(probabilities, columns=[f"p:{c}" for c in samples.classes])
            # The shape of the tables of trained models, so that one function reads both.
            tables.append(table.assign(id=ids, set=of, name=name))
    return tables


def _by_forest(samples: Samples, features: Floats, fit: Mask, asked: list[Floats], fold: int) -> list[Floats]:
    return fitted(samples, features, fit, asked, seed=seed_from("floor", fold))


def _by_ridge(
    samples: Samples, features: Floats, fit: Mask, asked: list[Floats], fold: int, *, groups: Strings | None
) -> list[Floats]:
    return linear_probabilities(samples, features, fit, asked, groups)


def references_of(record: Record) -> list[Sets]:
    """Return the predictions of the floor and of other references by set; none where the run has none."""
    if not record.has(FILE):
        return []
    table = record.table(FILE)
    return [sets_of_table(record, part, str(name)) for name, part in table.groupby("name", sort=False)]


def fitted(samples: Samples, features: Floats, fit: Mask, asked: list[Floats], *, seed: int) -> list[Floats]:
    """Return (m, k) probabilities of each asked (m, d), by a forest fitted on some rows.

    A class without rows gets its share of one row, so that no probability is zero. Of rows with several labels each
    is predicted by the same trees, or where some are not known by trees of its own, grown on the rows where it is.
    """
    from sklearn.ensemble import RandomForestClassifier

    if samples.multi_label and np.isnan(samples.labels[fit]).any():
        return _by_known_label(samples, features, fit, asked, seed=seed)
    labels = samples.labels[fit]
    held = samples.matrix()[fit]
    several = samples.multi_label
    target = (held >= 0.5).astype(np.int64) if several else labels
    # scikit-learn takes a single label as a vector
    target = target[:, 0] if several and samples.k == 1 else target
    n = int(fit.sum())
    forest = RandomForestClassifier(
        TREES, min_samples_leaf=2, max_samples=min(n, MOST_ROWS), random_state=seed % 2**32, n_jobs=1
    )
    forest.fit(features[fit], target, None if samples.weights is None else samples.weights[fit])
    # Laplace; it weighs as one tree of the forest below.
    prior = (held.sum(axis=0) + 1) / (n + 2 if several else n + samples.k)
    raw = [_probabilities(forest, x, samples.k, several) for x in asked]
    return [(TREES * part + prior) / (TREES + 1) for part in raw]


def _by_known_label(
    samples: Samples, features: Floats, fit: Mask, asked: list[Floats], *, seed: int
) -> list[Floats]:
    """Return (m, k) probabilities as `fitted` does, each label from the rows where it is known."""
    columns = []
    for c, name in enumerate(samples.classes):
        own = np.flatnonzero(fit & ~np.isnan(samples.labels[:, c]))
        if not len(own):
            columns.append([np.full((len(x), 1), 0.5) for x in asked])
            continue
        part = replace(samples.take(own), classes=(name,), labels=samples.labels[own, c : c + 1])
        columns.append(fitted(part, features[own], np.ones(len(own), dtype=bool), asked, seed=seed))
    return [np.concatenate(tables, axis=1) for tables in zip(*columns, strict=True)]


def _probabilities(forest: object, x: Floats, k: int, several: bool) -> Floats:
    found: list[npt.NDArray[np.float64]] | npt.NDArray[np.float64] = forest.predict_proba(x)  # type: ignore[attr-defined]
    classes: list[Ints] | Ints = forest.classes_  # type: ignore[attr-defined]
    if several and k > 1:
        # of a label that every row has, or none, there is one column
        parts = zip(found, classes, strict=True)
        return np.column_stack([part[:, list(of).index(1)] if 1 in of else 0 * part[:, 0] for part, of in parts])
    out = np.zeros((len(x), 2 if several else k))
    out[:, np.asarray(classes, dtype=np.int64)] = found
    return out[:, 1:] if several else out

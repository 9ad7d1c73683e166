"""Folds of samples: stratified, in whole groups, with the locked test set aside first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from evenhand.base.errors import FoldsError
from evenhand.base.seeds import generator
from evenhand.base.text.counted import count
from evenhand.base.values import TEST, Floats, Folds, Ints, Mask, Samples, Strings
from evenhand.data.config import FoldsConfig
from evenhand.data.splits.assignment.assign_groups import assign_groups
from evenhand.data.splits.assignment.counts import sum_by_group
from evenhand.data.splits.folds_file import read_folds
from evenhand.data.splits.group_joins import join_groups, same_bytes
from evenhand.data.splits.group_sampling import METHOD, Masks
from evenhand.data.splits.kept_folds import read_kept_folds, with_new_rows
from evenhand.data.splits.locked_test import rows_of_groups, rows_with, sample_tests
from evenhand.data.splits.name_families import families_by_name
from evenhand.data.splits.report import folds_report, label_columns

# Written to folds.json, for people: nothing reads it back.
_METHODS = {
    "keep": "stratified groups: greedy assignment, then local search",
    "ignore": "stratified rows; groups are ignored, copies and families are not",
}


def make_folds(
    samples: Samples,
    config: FoldsConfig,
    duplicates: Sequence[Sequence[str]] = (),
    *,
    families: Sequence[Sequence[str]] = (),
    also: Floats | None = None,
    trashed: Collection[str] = (),
) -> Folds:
    """Return folds with equal shares of every class, in which no group is in two folds.

    Every fold has labelled rows, and a class with two or more groups is in the training part of every fold if that
    is possible. Rows may have one label, several or soft ones; `also` balances further labels beside them. Rows
    without a label go to the fold that has the fewest of them. Neither the order of samples nor that of classes
    changes the folds.

    Parameters
    ----------
    samples
        n rows with labels and groups; a row without a group is a group of its own.
    config
        Number of folds, seed, locked test, or a file of folds.
    duplicates
        Sets of ids of near-duplicates. Like files of the same bytes they are kept in one fold, unless
        `config.duplicates` is "ignore".
    families
        Sets of ids whose contents are equal after a motion, kept in one fold if `config.families` has
        "contents". Those that names of files speak of (`name_families`) are found here.
    also
        (n, j) 0/1 or soft values in [0, 1] of further labels, such as tags beside a class.
    trashed
        Ids that a file of folds may name although the samples lack them (`data.corrections` leaves them out).

    Returns
    -------
    Folds
        In the order of the samples; `how` describes their quality (see `folds_report`). Where no group is named,
        `families` are the rows that are kept together (of folds from a file: that would be).

    Raises
    ------
    FoldsError
        If there are fewer groups with labels than folds, or the locked test does not fit the samples.
    """
    joins = _joins(samples, config, duplicates, families)
    related = None if samples.grouped else _related(samples.ids, [each for sets in joins.values() for each in sets])
    if config.file is not None:
        folds = read_folds(Path(config.file), samples, trashed=trashed)
        return folds if folds.families is not None else replace(folds, families=related)
    group, named = _group_numbers(samples, config, joins)
    values = label_columns(samples, also)
    known = samples.known
    if config.keep is not None:
        kept = read_kept_folds(Path(config.keep), samples, config)
        sampled = config.test is not None and config.test.fraction is not None  # the file has it
        locked = np.zeros(len(samples), dtype=bool) if sampled else _locked(samples, config, group, values, known)
        every = with_new_rows(kept, locked, group, values, known, config.k).astype(np.int16)
        about = {
            "method": f"kept by id from {Path(config.keep).name}; new groups assigned greedily",
            **kept.counts(),
        }
        return Folds(samples.ids, every, config.k, about | folds_report(samples, group, every, config.k), related)
    locked = _locked(samples, config, group, values, known)
    fold = np.full(len(samples), TEST, dtype=np.int16)
    joined = named - int(group.max()) - 1
    fold[~locked] = _assign_rows(
        values[~locked], known[~locked], _renumber(group[~locked]), config, _kept(named, joined)
    )
    how = {"method": _METHODS[config.groups], "seed": config.seed}
    if config.test is not None and config.test.fraction is not None:
        how["test_method"] = METHOD
    if joined:
        how["groups_joined"] = joined
    if any(joins.values()):
        how["kept_together"] = {reason: _counted(sets, samples) for reason, sets in joins.items() if sets}
    return Folds(samples.ids, fold, config.k, how | folds_report(samples, group, fold, config.k), related)


def sample_other_tests(
    samples: Samples,
    config: FoldsConfig,
    duplicates: Sequence[Sequence[str]] = (),
    *,
    families: Sequence[Sequence[str]] = (),
    count: int,
    seed: int = 0,
) -> Masks:
    """Return (n, count) bool, the rows of other random samples of the locked test.

    The test that `make_folds` sampled is as likely as each of them. They show the effect of chance on a test.

    Parameters
    ----------
    samples, config, duplicates, families
        As passed to `make_folds`; `config.test` must be a fraction.

    Raises
    ------
    FoldsError
        If no test can be sampled.
    """
    group, _ = _group_numbers(samples, config, _joins(samples, config, duplicates, families))
    values, known = label_columns(samples), samples.known
    return _sampled_tests(group, values, known, config, generator("other locked tests", config.seed, seed), count)


def _joins(
    samples: Samples, config: FoldsConfig, duplicates: Sequence[Sequence[str]], families: Sequence[Sequence[str]]
) -> dict[str, list[Sequence[str]]]:
    """Return reason -> sets of ids that it keeps together."""
    return {
        "duplicates": [*same_bytes(samples), *duplicates] if config.duplicates == "group" else [],
        "names": [*families_by_name(samples)] if "names" in config.families else [],
        "contents": [*families] if "contents" in config.families else [],
    }


def _related(ids: Strings, sets: Sequence[Sequence[str]]) -> Strings | None:
    """Return (n,) for each row the smallest id of its family, None where it is alone; None if every row is."""
    number = join_groups(ids, ids, sets)
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order], prepend=-1))
    sizes = np.diff(starts, append=len(ids))
    if not (sizes > 1).any():
        return None
    out = np.full(len(ids), None, dtype=object)
    for start, size in zip(starts[sizes > 1], sizes[sizes > 1], strict=True):
        rows = order[start : start + size]
        out[rows] = min(ids[rows])
    return out


def _counted(sets: Sequence[Sequence[str]], samples: Samples) -> dict[str, int]:
    """Return how many sets there are, once those that share rows are one, and how many rows they have."""
    number = join_groups(samples.ids, samples.ids, sets)
    sizes = np.bincount(number)
    return {"sets": int((sizes > 1).sum()), "rows": int(sizes[sizes > 1].sum())}


def _group_numbers(
    samples: Samples, config: FoldsConfig, joins: Mapping[str, Sequence[Sequence[str]]]
) -> tuple[Ints, int]:
    """Return (n,) the number of each row's group after joining, and the number of groups before."""
    whole = samples.groups if config.groups == "keep" else samples.ids
    sets = [each for reason in joins.values() for each in reason]
    return join_groups(whole, samples.ids, sets), len(set(whole))


def _sampled_tests(
    group: Ints, values: Floats, known: Mask, config: FoldsConfig, rng: np.random.Generator, count: int
) -> Masks:
    """Return (n, count) bool, the rows of each of `count` sampled tests."""
    assert config.test is not None
    assert config.test.fraction is not None
    # Groups without any label give the test no class: they are spread over the folds later.
    usable = np.isin(group, group[known])
    counts, rows, number = _count(values[usable], known[usable], group[usable])
    locked = np.zeros((len(group), count), dtype=bool)
    locked[usable] = sample_tests(counts, rows, config.test.fraction, config.k, rng, count).T[number]
    return locked


def _locked(samples: Samples, config: FoldsConfig, group: Ints, values: Floats, known: Mask) -> Mask:
    """Return (n,) bool, the rows of the locked test."""
    test = config.test
    if test is None:
        return np.zeros(len(samples), dtype=bool)
    if test.column is not None and test.value is not None:
        return rows_with(samples, test.column, test.value)
    if test.groups is not None:
        return rows_of_groups(samples, group, test.groups)
    return np.asarray(_sampled_tests(group, values, known, config, generator("locked test", config.seed), 1)[:, 0])


def _assign_rows(values: Floats, known: Mask, group: Ints, config: FoldsConfig, kept: str) -> Ints:
    """Return (n,) the fold of each row, 0..k-1; `kept` says in an error why there are so few groups."""
    labelled = np.isin(group, group[known])
    counts, rows, number = _count(values[labelled], known[labelled], group[labelled])
    _check_enough(len(rows), config.k, int((~labelled).sum()), kept)
    assigned = assign_groups(counts, rows, config.k, generator("folds", config.seed)).fold
    fold = np.full(len(group), TEST, dtype=np.int64)
    fold[labelled] = assigned[number]
    # on top of the unlabelled rows that groups with labels brought along
    fold[~labelled] = _spread_unlabelled(group[~labelled], np.bincount(fold[labelled & ~known], minlength=config.k))
    return fold


def _count(values: Floats, known: Mask, group: Ints) -> tuple[Floats, Floats, Ints]:
    """Return (g, k) label sums and (g,) labelled rows of each group, and (n,) the number of each row's group."""
    if not known.any():
        raise FoldsError("None of the rows left for training has a label. Add labels, or lock fewer rows.")
    number = _renumber(group)
    sums = sum_by_group(np.column_stack([values, known]), number)
    return sums[:, :-1], sums[:, -1], number


def _renumber(group: Ints) -> Ints:
    return np.unique(group, return_inverse=True)[1]


def _kept(named: int, joined: int) -> str:
    """Return a sentence about the groups that copies and families join, or ""."""
    if not joined:
        return ""
    return (
        f" Of {count(named, 'group or single row', 'groups or single rows')}, {named - joined:,} "
        f"{'is' if named - joined == 1 else 'are'} left where copies and families stay together (folds.duplicates, "
        "folds.families)."
    )


def _check_enough(groups: int, k: int, unlabelled: int, kept: str) -> None:
    if groups >= k:
        return
    but = f" ({count(unlabelled, 'row is', 'rows are')} in groups without any label)" if unlabelled else ""
    advice = f"Set folds.k to at most {groups}, or" if groups >= 2 else "At least two groups are needed:"
    raise FoldsError(
        f"{count(groups, 'group')} with labels cannot fill {k} folds: a group is never divided and no fold may be "
        f"empty{but}.{kept} {advice} use smaller groups, lock fewer rows, or collect data from more groups."
    )


def _spread_unlabelled(group: Ints, load: Ints) -> Ints:
    """Return (n,) folds of rows without labels: whole groups, the largest first, to the fold with the fewest."""
    number = _renumber(group)
    size = np.bincount(number)
    load = load.copy()
    fold = np.empty(len(size), dtype=np.int64)
    for g in np.argsort(-size, kind="stable"):
        fold[g] = load.argmin()
        load[fold[g]] += size[g]
    return fold[number]

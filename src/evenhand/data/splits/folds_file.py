"""Folds of samples from a folds.csv, checked against the samples; all faults are reported at once, with lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from evenhand.base.errors import FoldsError
from evenhand.base.storage.folds_csv import Line, families_of, fold_lines, is_test
from evenhand.base.text.cells import by_spelling, same_as
from evenhand.base.values import TEST, Folds, Samples
from evenhand.data.splits.group_joins import join_groups
from evenhand.data.splits.report import folds_report

_SHOWN = 8


def read_folds(path: Path, samples: Samples, *, trashed: Collection[str] = ()) -> Folds:
    """Return the folds in a CSV file, in the order of the samples.

    The file has the columns id and fold, family where rows are related (others are ignored), and a line for every
    sample; lines of `trashed` ids are passed over, so that folds stay when rows go. Folds are numbered from 0
    without a gap; "test" locks a row. Groups may cross such folds: `how` counts those that do.

    Raises
    ------
    FoldsError
        If the file does not fit; the text lists all faults with their lines.
    """
    lines = _known_ids(fold_lines(path), samples)
    gone = set(trashed).difference(samples.ids)
    lines = [line for line in lines if line[1] not in gone]
    faults = [*_bad_folds(lines), *_bad_ids(lines, samples)]
    if not faults:
        # not before every fold is a number or "test"
        faults = _bad_numbers(lines)
    if faults:
        raise _refusal(path, faults)
    found = {name: TEST if is_test(fold) else int(fold) for _, name, fold, _ in lines}
    fold = np.array([found[name] for name in samples.ids], dtype=np.int16)
    k = int(fold.max()) + 1
    group = join_groups(samples.groups, samples.ids, ())
    place = {name: at for at, name in enumerate(samples.ids)}
    how = {"method": f"read from {path.name}"} | folds_report(samples, group, fold, k)
    families = None if samples.grouped else families_of(sorted(lines, key=lambda line: place[line[1]]))
    return Folds(samples.ids, fold, k, how, families)


def read_some_folds(path: Path, samples: Samples) -> dict[str, int]:
    """Return id -> fold (`TEST` for locked rows) of a CSV file that need not name every sample, nor only samples.

    Raises
    ------
    FoldsError
        If it cannot be read, repeats an id, or its folds are not numbered as `read_folds` asks.
    """
    lines = _known_ids(fold_lines(path), samples)
    faults = [*_bad_folds(lines), *_repeated_ids(lines)] or _bad_numbers(lines)
    if faults:
        raise _refusal(path, faults)
    return {name: TEST if is_test(fold) else int(fold) for _, name, fold, _ in lines}


def _refusal(path: Path, faults: Sequence[str]) -> FoldsError:
    number = f"{len(faults)} fault" + ("s" if len(faults) != 1 else "")
    return FoldsError("\n".join([f"{path}: {number}.", *(f"  {fault}" for fault in faults)]))


def _known_ids(lines: Iterable[Line], samples: Samples) -> list[Line]:
    """Return the lines with ids in the spelling of the samples, despite spaces and Unicode normal forms."""
    known = set(samples.ids)
    spellings = by_spelling(map(str, samples.ids))
    return [
        (line, name if name in known else same_as(name, spellings) or name, fold, family)
        for line, name, fold, family in lines
    ]


def _bad_folds(lines: list[Line]) -> Iterator[str]:
    """Yield a sentence for each fold that is neither a number from 0 nor test."""
    bad = [(n, fold) for n, _, fold, _ in lines if not (is_test(fold) or _is_number(fold))]
    for n, fold in bad[:_SHOWN]:
        found = f'"{fold}" is not a fold' if fold else "the fold is missing"
        yield f'line {n}: {found}; allowed are 0, 1, 2, ... and "test".'
    yield from _more(bad, "with such folds")


def _is_number(fold: str) -> bool:
    # four digits at most: folds are int16
    return fold.isascii() and fold.isdigit() and len(fold) <= 4


def _bad_ids(lines: list[Line], samples: Samples) -> Iterator[str]:
    """Yield a sentence for each repeated id, each id that is not a sample, and for samples without a line."""
    yield from _repeated_ids(lines)
    known = set(samples.ids)
    unknown = [(n, name) for n, name, *_ in lines if name not in known]
    for n, name in unknown[:_SHOWN]:
        yield f'line {n}: the id "{name}" is not among the samples; remove the line, or correct the id.'
    yield from _more(unknown, "with ids that are not among the samples")
    there = {name for _, name, *_ in lines}
    missing = [name for name in samples.ids if name not in there]
    if missing:
        some = ", ".join(f'"{name}"' for name in missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
        yield (
            f"{len(missing):,} of {len(samples):,} samples have no line ({some}); "
            "add them, or make the folds again."
        )


def _repeated_ids(lines: list[Line]) -> Iterator[str]:
    """Yield a sentence for each repeated id."""
    first: dict[str, int] = {}
    for n, name, *_ in lines:
        first.setdefault(name, n)
    twice = [(n, name) for n, name, *_ in lines if first[name] != n]
    for n, name in twice[:_SHOWN]:
        yield f'line {n}: the id "{name}" is on line {first[name]} already; each id has one line.'
    yield from _more(twice, "with repeated ids")


def _more(faults: list[tuple[int, str]], what: str) -> Iterator[str]:
    if len(faults) > _SHOWN:
        yield f"and {len(faults) - _SHOWN:,} more lines {what} (last: line {faults[-1][0]})."


def _bad_numbers(lines: list[Line]) -> list[str]:
    """Return what is wrong with the numbers as a whole: a gap, fewer than two folds."""
    used = {int(fold) for _, _, fold, _ in lines if not is_test(fold)}
    gap = sorted(set(range(max(used, default=0))) - used)
    if gap:
        some = ", ".join(map(str, gap[:_SHOWN]))
        return [f"no line has fold {some}, but one has fold {max(used)}; number folds from 0 without a gap."]
    if len(used) < 2:
        return [f"{len(used)} fold is used; at least two are needed, 0 and 1."]
    return []

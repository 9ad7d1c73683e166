"""folds.csv: an id and a fold on each line, the fold a number from 0 or the word "test"."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np

from evenhand.base.cells import by_spelling, same_as
from evenhand.base.errors import FoldsError
from evenhand.base.files import replacing
from evenhand.base.values import TEST, Folds, Samples
from evenhand.data.split_account import account
from evenhand.data.split_groups import join_groups

_TEST = "test"
_SHOWN = 8

Line: TypeAlias = tuple[int, str, str]
"""Number of the line, id, fold as written."""


def write_folds(folds: Folds, path: Path) -> None:
    """Write folds.csv: the header id,fold and a line for each row; locked rows say "test"."""
    names = np.where(folds.fold == TEST, _TEST, folds.fold.astype(str))
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        torn = any("\r" in str(name) for name in folds.ids)  # which csv, as it is, does not put into quotes
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL if torn else csv.QUOTE_MINIMAL)
        writer.writerow(["id", "fold"])
        writer.writerows(zip(folds.ids, names, strict=True))


def read_folds(path: Path, samples: Samples) -> Folds:
    """Return the folds written in a CSV file, in the order of the samples.

    The file has the columns id and fold (others are not looked at) and names every sample once. Folds are
    numbered from 0 without a gap; "test" locks a row. Groups may cross such folds: `how` counts those that do.

    Raises
    ------
    FoldsError
        With everything that is wrong, and the lines.
    """
    lines = _known_ids(_lines(path), samples)
    faults = [*_bad_folds(lines), *_bad_ids(lines, samples)]
    if not faults:
        faults = _bad_numbers(lines)
    if faults:
        count = f"{len(faults)} fault" + ("s" if len(faults) != 1 else "")
        raise FoldsError("\n".join([f"{path}: {count}.", *(f"  {fault}" for fault in faults)]))
    found = {name: TEST if _is_test(fold) else int(fold) for _, name, fold in lines}
    fold = np.array([found[name] for name in samples.ids], dtype=np.int16)
    k = int(fold.max()) + 1
    group = join_groups(samples.groups, samples.ids, ())
    return Folds(samples.ids, fold, k, {"method": f"read from {path.name}"} | account(samples, group, fold, k))


def _known_ids(lines: Iterable[Line], samples: Samples) -> list[Line]:
    """Return the lines with ids spelled as those of the samples, whatever spaces or accents they have."""
    known = set(samples.ids)
    spellings = by_spelling(map(str, samples.ids))
    return [(line, name if name in known else same_as(name, spellings) or name, fold) for line, name, fold in lines]


def _lines(path: Path) -> Iterator[Line]:
    """Yield the lines below the header.

    Raises
    ------
    FoldsError
        If the file cannot be read or its header lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip().lower() for name in next(reader, [])]
            if "id" not in header or "fold" not in header:
                found = f'the header is "{",".join(header)}"' if header else "the file is empty"
                raise FoldsError(f'{path}: line 1: {found}; it must name the columns "id" and "fold".')
            yield from _below(reader, header.index("id"), header.index("fold"))
    except FileNotFoundError:
        raise FoldsError(f"{path}: there is no such file. Give the path of a folds.csv (id,fold).") from None
    except UnicodeDecodeError as error:
        raise FoldsError(f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8.") from None
    except OSError as error:
        raise FoldsError(f"{path}: cannot be read ({error.strerror}).") from None
    except csv.Error as error:
        raise FoldsError(f"{path}: line {reader.line_num}: is not CSV ({error}).") from None


def _below(reader, id_at: int, fold_at: int) -> Iterator[Line]:  # type: ignore[no-untyped-def]
    after = reader.line_num
    for cells in reader:
        if cells:
            cells = cells + [""] * (max(id_at, fold_at) + 1 - len(cells))
            yield after + 1, cells[id_at], cells[fold_at].strip()
        after = reader.line_num


def _is_test(fold: str) -> bool:
    return fold.lower() == _TEST


def _bad_folds(lines: list[Line]) -> Iterator[str]:
    """Yield a sentence for each fold that is neither a number from 0 nor test."""
    bad = [(n, fold) for n, _, fold in lines if not (_is_test(fold) or _is_number(fold))]
    for n, fold in bad[:_SHOWN]:
        found = f'"{fold}" is not a fold' if fold else "the fold is missing"
        yield f'line {n}: {found}; allowed are 0, 1, 2, ... and "test".'
    yield from _more(bad, "with such folds")


def _is_number(fold: str) -> bool:
    return fold.isascii() and fold.isdigit() and len(fold) <= 4


def _bad_ids(lines: list[Line], samples: Samples) -> Iterator[str]:
    """Yield a sentence for ids that are twice there, ids that are not samples, and samples without a line."""
    first: dict[str, int] = {}
    for n, name, _ in lines:
        first.setdefault(name, n)
    known = set(samples.ids)
    twice = [(n, name) for n, name, _ in lines if first[name] != n]
    for n, name in twice[:_SHOWN]:
        yield f'line {n}: the id "{name}" was on line {first[name]} already; each id has one line.'
    yield from _more(twice, "with an id that was there already")
    unknown = [(n, name) for n, name, _ in lines if name not in known]
    for n, name in unknown[:_SHOWN]:
        yield f'line {n}: the id "{name}" is not among the samples; take the line out, or correct the id.'
    yield from _more(unknown, "with ids that are not among the samples")
    missing = [name for name in samples.ids if name not in first]
    if missing:
        some = ", ".join(f'"{name}"' for name in missing[:_SHOWN]) + (", ..." if len(missing) > _SHOWN else "")
        yield (
            f"{len(missing):,} of {len(samples):,} samples have no line ({some}); "
            "add them, or make the folds again."
        )


def _more(faults: list[tuple[int, str]], what: str) -> Iterator[str]:
    if len(faults) > _SHOWN:
        yield f"and {len(faults) - _SHOWN:,} more lines {what} (last: line {faults[-1][0]})."


def _bad_numbers(lines: list[Line]) -> list[str]:
    """Return what is wrong with the numbers as a whole: a gap, fewer than two folds."""
    used = {int(fold) for _, _, fold in lines if not _is_test(fold)}
    gap = sorted(set(range(max(used, default=0))) - used)
    if gap:
        some = ", ".join(map(str, gap[:_SHOWN]))
        return [f"no line has fold {some}, but one has fold {max(used)}; number folds from 0 without a gap."]
    if len(used) < 2:
        return [f"{len(used)} fold is used; there must be two at least, 0 and 1."]
    return []

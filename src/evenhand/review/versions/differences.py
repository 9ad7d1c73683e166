"""How two versions of data differ, row by row: rows that came or went, labels, classes, groups, and folds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from evenhand.base.text.counted import count
from evenhand.base.values import TRUTH_THRESHOLD, Folds, Samples

Labels = tuple[str, ...]

NAMED = 8
"""How many names a line of words holds at most."""


@dataclass(frozen=True)
class VersionDifferences:
    """The differences between two versions; rows are matched by id.

    Attributes
    ----------
    before, after
        Numbers of rows.
    only_before, only_after
        Ids of rows of one version only.
    relabelled
        Ids of common rows with other classes.
    changes
        (classes before, classes after) -> number of rows, the most frequent first; several are joined by "|".
    changed_files
        Ids of common rows whose files have other bytes; empty where contents of a version are not known.
    classes_gained, classes_lost, groups_gained, groups_lost
        Names that one version has and the other has not.
    moved
        Ids of common rows in another fold; empty where folds are kept by id, or not given.
    """

    before: int
    after: int
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    relabelled: tuple[str, ...]
    changes: Mapping[tuple[str, str], int]
    changed_files: tuple[str, ...]
    classes_gained: tuple[str, ...]
    classes_lost: tuple[str, ...]
    groups_gained: tuple[str, ...]
    groups_lost: tuple[str, ...]
    moved: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether the versions are the same."""
        names = (
            "only_before",
            "only_after",
            "relabelled",
            "changed_files",
            "classes_gained",
            "classes_lost",
            "moved",
        )
        return not any(getattr(self, name) for name in (*names, "groups_gained", "groups_lost"))

    def rows(self) -> pd.DataFrame:
        """Return a line for each row and what changed about it: id, change (removed, added, relabelled, …)."""
        changes = {
            "removed": self.only_before, "added": self.only_after, "relabelled": self.relabelled,
            "other file": self.changed_files, "other fold": self.moved,
        }  # fmt: skip
        lines = [(row, change) for change, ids in changes.items() for row in ids]
        return pd.DataFrame(lines, columns=["id", "change"], dtype=object)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        gone, new = len(self.only_before), len(self.only_after)
        yield f"{self.before:,} rows before, {self.after:,} after: {gone:,} gone, {new:,} new."
        if self.relabelled:
            named = [f"{old or 'none'} to {new or 'none'} {n:,}" for (old, new), n in self.changes.items()]
            yield f"{count(len(self.relabelled), 'row')} relabelled: {_some(named)}."
        if self.changed_files:
            yield f"{count(len(self.changed_files), 'row')} with other bytes under the same id."
        for what, names in (
            ("Classes gained", self.classes_gained), ("Classes lost", self.classes_lost),
            ("Groups gained", self.groups_gained), ("Groups lost", self.groups_lost),
        ):  # fmt: skip
            if names:
                yield f"{what} ({len(names):,}): {_some(names)}."
        if self.moved:
            yield f"{count(len(self.moved), 'row')} in another fold; folds.keep keeps folds by id."
        if self.empty:
            yield "The versions are the same."

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        changes = [{"from": old, "to": new, "rows": n} for (old, new), n in self.changes.items()]
        return {**asdict(self), "changes": changes}


def version_differences(
    before: Samples, after: Samples, folds: tuple[Folds, Folds] | None = None
) -> VersionDifferences:
    """Return how a version of data differs from an earlier one; `folds` are those of the two."""
    one, two = _labels(before), _labels(after)
    common = [row for row in one if row in two]
    relabelled = tuple(row for row in common if set(one[row]) != set(two[row]))
    changes = Counter(("|".join(one[row]), "|".join(two[row])) for row in relabelled)
    contents = [_column(samples, "content") for samples in (before, after)]
    groups = [set(_column(samples, "group").values()) - {None} for samples in (before, after)]
    placed = [] if folds is None else [dict(zip(f.ids, f.fold.tolist(), strict=True)) for f in folds]
    return VersionDifferences(
        len(before),
        len(after),
        tuple(row for row in one if row not in two),
        tuple(row for row in two if row not in one),
        relabelled,
        dict(changes.most_common()),
        tuple(row for row in common if all(contents) and contents[0].get(row) != contents[1].get(row)),
        tuple(name for name in after.classes if name not in before.classes),
        tuple(name for name in before.classes if name not in after.classes),
        tuple(sorted(map(str, groups[1] - groups[0]))),
        tuple(sorted(map(str, groups[0] - groups[1]))),
        tuple(row for row in common if placed and placed[0].get(row) != placed[1].get(row)),
    )


def _some(names: Sequence[str]) -> str:
    more = f", and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _labels(samples: Samples) -> dict[str, Labels]:
    """Return id -> the classes of the row, in the order of the classes; () where none is known."""
    if samples.multi_label:
        held = samples.labels >= TRUTH_THRESHOLD
        names = [tuple(name for name, holds in zip(samples.classes, row, strict=True) if holds) for row in held]
    else:
        names = [(samples.classes[label],) if label >= 0 else () for label in samples.labels]
    return dict(zip(map(str, samples.ids), names, strict=True))


def _column(samples: Samples, name: str) -> dict[str, Any]:
    if name not in samples.frame:
        return {}
    values = samples.frame[name].astype(object).where(samples.frame[name].notna(), None)
    return dict(zip(map(str, samples.ids), values, strict=True))

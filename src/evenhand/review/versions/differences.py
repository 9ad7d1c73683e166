"""How two versions of data differ, row by row: rows that came or went, labels, classes, groups, and folds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evenhand.base.values import TRUTH_THRESHOLD, Folds, Samples

Labels = tuple[str, ...]


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

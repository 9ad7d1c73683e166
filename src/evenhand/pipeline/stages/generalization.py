"""The second set of rows, `[data.generalization]`: read and encoded as the first one is, and held against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.storage.record import ROW
from evenhand.base.values import NO_LABEL, Finding, Mask, RowSet, Samples
from evenhand.data.config import FurtherData
from evenhand.data.roots.file_names import some
from evenhand.data.roots.root import Root, root_of
from evenhand.data.store.entry import StoreEntry
from evenhand.diagnosis.evidence.evidence import UnreadableRow
from evenhand.modalities import Kind
from evenhand.settings.load import Settings

"""What the second set is called in records, scores and messages."""


@dataclass(frozen=True, eq=False)
class GeneralizationSource:
    """A second set, decoded; as `Source`.

    Attributes
    ----------
    root
        Where it lies.
    samples
        The rows that can be decoded, with the classes of the first set; their column `eh:row` is their position
        in the entries.
    entries
        Size (None: the kind's own) -> encoded rows.
    failures
        Rows that cannot be decoded, left out.
    """

    root: Root
    samples: Samples
    entries: Mapping[int | None, StoreEntry]
    failures: tuple[UnreadableRow, ...]


def further_samples(kind: Kind, settings: Settings, first: Samples) -> tuple[Root, Samples, list[Finding]] | None:
    """Return where the second set lies, its rows, and what was found; None where none is asked for.

    Rows of a class that the first set does not have, and rows that the first set has too, are left out, and said.

    Raises
    ------
    DataError
        If it cannot be read, or nothing is left of it.
    """
    if settings.data.generalization is None:
        return None
    data = FurtherData.of(settings.data, settings.data.generalization)
    root = root_of(data)
    samples, findings = kind.samples(root, data, settings.kind_config)
    samples, strange = _with_classes(samples, first)
    twice = _also_in(samples, first)
    findings = [*findings, *strange, *_copied(twice, samples, first, same_root=data.root == settings.data.root)]
    samples = samples.take(~twice)
    if not len(samples):
        told = " ".join(finding.says for finding in findings[:3])
        raise DataError(f"data.generalization: nothing is left of the second set. {told}")
    frame = samples.frame.assign(**{ROW: np.arange(len(samples))})
    return root, replace(samples, frame=frame), findings


def _with_classes(samples: Samples, first: Samples) -> tuple[Samples, list[Finding]]:
    """Return the rows whose classes are those of the first set, numbered as there."""
    place = {name: c for c, name in enumerate(first.classes)}
    strange = [name for name in samples.classes if name not in place]
    at = np.array([place.get(name, NO_LABEL) for name in samples.classes])
    if samples.multi_label:
        labels: Any = np.zeros((len(samples), first.k))
        labels[:, at[at >= 0]] = samples.labels[:, at >= 0]
        keep = np.asarray(~samples.labels[:, at < 0].any(axis=1))
    else:
        labels = at[samples.labels]
        keep = np.asarray(labels != NO_LABEL)
    aligned = replace(samples, classes=first.classes, labels=labels, levels=first.levels).take(keep)
    if not strange:
        return aligned, []
    says = (
        f"data.generalization: {int((~keep).sum()):,} rows are of classes that the first set does not have "
        f"({some(strange)}) and were left out. Give them a name of the first set in data.generalization.rename."
    )
    return aligned, [Finding("EH107", "warning", says, about=RowSet.GENERALIZATION, evidence={"classes": strange})]


def _also_in(samples: Samples, first: Samples) -> Mask:
    """Return (n,), whether a row has the bytes of one of the first set."""
    known = set(first.frame["content"])
    return samples.frame["content"].isin(known).to_numpy(dtype=bool)


def _copied(twice: Mask, samples: Samples, first: Samples, *, same_root: bool) -> list[Finding]:
    found = []
    if twice.any():
        says = (
            f"{int(twice.sum()):,} of {len(twice):,} rows of data.generalization hold the same bytes as rows of "
            "the first set; they were left out, for they would be judged by what they taught."
        )
        found.append(Finding("EH105", "warning", says, about=RowSet.GENERALIZATION, ids=tuple(samples.ids[twice])))
    if same_root and samples.grouped and first.grouped:
        shared = sorted(set(samples.groups[~twice]) & set(first.groups))
        if shared:
            says = (
                f"{len(shared):,} {'group lies' if len(shared) == 1 else 'groups lie'} in the first set and in "
                f"data.generalization ({some(shared)}): what is said of new groups is then said of known ones."
            )
            rows = np.isin(samples.groups.astype(str), shared)
            evidence = {"crossing": len(shared), "groups": shared[:100], "rows": int(rows.sum())}
            found.append(Finding("EH106", "error", says, RowSet.GENERALIZATION, evidence, tuple(samples.ids[rows])))
    return found

"""The generalization set, `[data.generalization]`: read like the training data, and checked against them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from evenhand.base.errors import DataError
from evenhand.base.storage.record import ROW
from evenhand.base.text.cells import object_array
from evenhand.base.values import NO_LABEL, Finding, Mask, RowSet, Samples
from evenhand.base.values.samples import any_of, known_labels
from evenhand.data.config import FurtherData
from evenhand.data.roots.file_names import some
from evenhand.data.roots.root import Root, root_of
from evenhand.data.store.entry import StoreEntry
from evenhand.diagnosis.evidence.evidence import UnreadableRow
from evenhand.modalities import Kind
from evenhand.settings.load import Settings


@dataclass(frozen=True, eq=False)
class GeneralizationSource:
    """The generalization set, decoded; like `DataSource`.

    Attributes
    ----------
    root
        Where the files are.
    samples
        The rows that can be decoded, with the classes of the training data; the column `eh:row` is the position
        in the entries.
    entries
        Size (None: the default of the kind) -> encoded rows.
    failures
        Rows that cannot be decoded; they are left out.
    """

    root: Root
    samples: Samples
    entries: Mapping[int | None, StoreEntry]
    failures: tuple[UnreadableRow, ...]


def generalization_samples(
    kind: Kind, settings: Settings, first: Samples
) -> tuple[Root, Samples, list[Finding]] | None:
    """Return the root, the rows and the findings of the generalization set; None if none is configured.

    Rows of unknown classes and rows that are also in the training data are left out, with a finding.

    Raises
    ------
    DataError
        If it cannot be read, or no rows are left.
    """
    if settings.data.generalization is None:
        return None
    data = FurtherData.of(settings.data, settings.data.generalization)
    root = root_of(data)
    samples, findings = kind.samples(root, data, settings.kind_config)
    # A class that the training data lack has fewer than min_count rows there.
    other = data.merged if data.min_count_action == "merge" else None
    samples, strange = _with_first_classes(samples, first, other)
    twice = _duplicates_of(samples, first)
    findings = [
        *findings,
        *strange,
        *_overlap_findings(twice, samples, first, same_root=data.root == settings.data.root),
    ]
    samples = samples.take(~twice)
    if not len(samples):
        reasons = " ".join(finding.message for finding in findings[:3])
        raise DataError(f"data.generalization: no rows are left. {reasons}")
    frame = samples.frame.assign(**{ROW: np.arange(len(samples))})
    return root, replace(samples, frame=frame), findings


def _with_first_classes(samples: Samples, first: Samples, other: str | None) -> tuple[Samples, list[Finding]]:
    """Return the rows whose classes the first set has, numbered as there, and a finding about the others.

    `other` is the class of the first set that stands for all that it lacks, if it has one.
    """
    place = {name: c for c, name in enumerate(first.classes)}
    rest = place.get(other, NO_LABEL) if other is not None else NO_LABEL
    at = np.array([place.get(name, rest) for name in samples.classes])
    strange = [name for name, c in zip(samples.classes, at, strict=True) if c == NO_LABEL]
    if samples.multi_label:
        labels: Any = np.zeros((len(samples), first.k))
        for c in set(at[at >= 0].tolist()):
            labels[:, c] = any_of(samples.labels[:, at == c])
        foreign = np.nan_to_num(samples.labels[:, at < 0])
        # of degrees, a trace of a foreign class does not make the row one of another kind
        keep = ~(foreign >= 0.5).any(axis=1) & known_labels(labels)
    else:
        labels = at[samples.labels]
        keep = np.asarray(labels != NO_LABEL)
    aligned = replace(samples, classes=first.classes, labels=labels, levels=first.levels).take(keep)
    if not strange:
        return aligned, []
    message = (
        f"data.generalization: {int((~keep).sum()):,} rows have classes that the training data lack "
        f"({some(strange)}) and were left out. Map them to known classes in data.generalization.rename."
    )
    return aligned, [
        Finding("EH107", "warning", message, about=RowSet.GENERALIZATION, evidence={"classes": strange})
    ]


def _duplicates_of(samples: Samples, first: Samples) -> Mask:
    """Return (n,) bool: whether a row has the same bytes as a row of the first set."""
    # By content, not by path or id: a copy under another name would be evaluated by models that were trained on
    # it.
    known = set(first.frame["content"])
    return samples.frame["content"].isin(known).to_numpy(dtype=bool)


def _overlap_findings(twice: Mask, samples: Samples, first: Samples, *, same_root: bool) -> list[Finding]:
    found = []
    if twice.any():
        message = (
            f"{int(twice.sum()):,} of {len(twice):,} rows of data.generalization have the same bytes as rows "
            "of the training data; they were left out, because models were trained on them."
        )
        found.append(
            Finding("EH105", "warning", message, about=RowSet.GENERALIZATION, ids=tuple(samples.ids[twice]))
        )
    if same_root and samples.grouped and first.grouped:
        shared = sorted(set(samples.groups[~twice]) & set(first.groups))
        if shared:
            message = (
                f"{len(shared):,} {'group is' if len(shared) == 1 else 'groups are'} both in the training data and "
                f"in data.generalization ({some(shared)}): its figures are then not those of new groups."
            )
            rows = np.isin(samples.groups, object_array(shared))
            evidence = {"crossing": len(shared), "groups": shared[:100], "rows": int(rows.sum())}
            found.append(
                Finding("EH106", "error", message, RowSet.GENERALIZATION, evidence, tuple(samples.ids[rows]))
            )
    return found

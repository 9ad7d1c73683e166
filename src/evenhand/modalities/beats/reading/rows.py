"""From records to samples: one row per beat, with its class, its record, and the columns of a table of records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.text.cells import as_texts
from evenhand.base.values import NO_LABEL, Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.file_names import some
from evenhand.data.roots.root import Root
from evenhand.data.roots.skipped import findings_of
from evenhand.data.tables.corrections import corrected, of_levels
from evenhand.data.tables.labels.label_encoding import label, levels, split_cells, unknown_names
from evenhand.data.tables.table import LabelTable
from evenhand.modalities.beats.classes import class_of
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.beat_positions import annotated, annotated_or_detected
from evenhand.modalities.beats.reading.lead_findings import lead_findings
from evenhand.modalities.beats.reading.record_table import KEY, about_records, repeated
from evenhand.modalities.beats.reading.records import OpenRecord, names_of, open_records

OWN = ("id", "path", "content", "group", "split", KEY, "sample", "seconds", "symbol", "lead", "channel")
"""Columns of the frame; a table's column of the same name is renamed to "table:NAME"."""

Column = npt.NDArray[Any]


def beat_samples(root: Root, data: DataConfig, kind_config: BeatsConfig) -> tuple[Samples, list[Finding]]:
    """Return a sample for each beat with a class, in the order of records and time, and findings.

    Raises
    ------
    DataError
        If there are no records, the table does not fit them, or no class is left.
    """
    listed, missing = names_of(root)
    wanted = _without(listed, kind_config, root)
    about = about_records(root, data, wanted)
    opened, skipped = open_records(root, about.names, kind_config, annotated(kind_config))
    source = root.path.name
    findings = [*about.findings, *findings_of([*missing, *about.skipped, *skipped], source, noun="record")]
    if not opened:
        reasons = "; ".join(f.message for f in findings[:3])
        raise DataError(f"{root.path}: none of {len(listed):,} records can be used. {reasons}")
    findings += lead_findings(opened, kind_config, source)
    at = [about.names.index(record.files.name) for record in opened]
    frame = _frame(opened, {name: values[at] for name, values in about.columns.items()}, data)
    frame, classes, odd = _classed(frame, data, kind_config, source)
    samples, rare = _labelled(frame, [*kind_config.mapping], classes, data, source)
    return samples, [*findings, *odd, *rare]


def unlabelled_beats(root: Root, kind_config: BeatsConfig) -> tuple[Samples, list[Finding]]:
    """Return every beat of every record, unlabelled; beats of records without annotations are detected."""
    names, missing = names_of(root)
    opened, skipped = open_records(root, names, kind_config, annotated_or_detected(kind_config))
    findings = findings_of([*missing, *skipped], root.path.name, noun="record")
    if not opened:
        raise DataError(f"{root.path}: no record can be read. {'; '.join(f.message for f in findings[:3])}")
    findings += lead_findings(opened, kind_config, root.path.name)
    frame = _frame(opened, {}, None)
    return Samples(frame, (), np.full(len(frame), NO_LABEL, dtype=np.int64), kind="beats"), findings


def _without(names: Sequence[str], kind_config: BeatsConfig, root: Root) -> list[str]:
    """Return the names without those in `beats.leave_out`."""
    strange = [name for name in kind_config.leave_out if name not in names]
    if strange:
        raise DataError(f"{root.path}: beats.leave_out: {unknown('record', strange[0], names)}")
    return [name for name in names if name not in kind_config.leave_out]


def _frame(opened: Sequence[OpenRecord], about: Mapping[str, Column], data: DataConfig | None) -> pd.DataFrame:
    """Return a row for every beat, in the order of records and time."""
    counts = np.array([len(record.marks.peaks) for record in opened])
    sample = np.concatenate([record.marks.peaks for record in opened])
    rate = np.repeat([record.head.rate for record in opened], counts)
    of_record = {
        "path": [record.files.header for record in opened],
        KEY: [record.files.name for record in opened],
        "lead": ["+".join(record.chosen.names) for record in opened],
        "channel": ["+".join(map(str, record.chosen.signals)) for record in opened],
    }
    content = np.repeat(np.array([record.content for record in opened], dtype=object), counts)
    columns = repeated({name: np.array(values, dtype=object) for name, values in of_record.items()}, counts)
    # padded, so that ids sort as the beats follow each other
    number = [f"{at:07d}" for at in sample.tolist()]
    table = repeated(dict(about), counts)
    frame: dict[str, Any] = {
        "id": [f"{name}:{at}" for name, at in zip(columns[KEY], number, strict=True)],
        "path": columns["path"],
        "content": [f"{name}:{at}" for name, at in zip(content, number, strict=True)],
        **_roles(table, columns[KEY], data),
        KEY: columns[KEY],
        "sample": sample,
        "seconds": sample / rate,
        "symbol": np.concatenate([record.marks.symbols for record in opened]),
        "lead": columns["lead"],
        "channel": columns["channel"],
    }
    used = {KEY} | ({data.path} if data else set())
    further = {f"table:{n}" if n in OWN or n.startswith("eh:") else n: v for n, v in table.items() if n not in used}
    return pd.DataFrame({**frame, **further})


def _roles(table: Mapping[str, Column], records: Column, data: DataConfig | None) -> dict[str, Column]:
    """Return the columns group (by default the record) and split (if there is one)."""
    known = {KEY: records, **table}
    group = KEY if data is None or data.group is None else data.group
    split = None if data is None else data.split or ("split" if "split" in table else None)
    roles = {"group": group} | ({"split": split} if split else {})
    for role, column in roles.items():
        if column not in known:
            raise DataError(f"data.{role}: {unknown('column', column, known)}")
    return {role: np.array(as_texts(known[column].tolist()), dtype=object) for role, column in roles.items()}


def _classed(
    frame: pd.DataFrame, data: DataConfig, kind_config: BeatsConfig, source: str
) -> tuple[pd.DataFrame, list[str | None], list[Finding]]:
    """Return the beats with a class, their classes, and a note about the others."""
    if data.label in frame:
        return frame, as_texts(frame[data.label].tolist()), []
    if data.label != DataConfig.model_fields["label"].default:
        raise DataError(f"data.label: {unknown('column', data.label, [*frame.columns, 'label'])}")
    of = class_of(kind_config.mapping)
    named = frame["symbol"].map(of)
    none = named.isna().to_numpy()
    notes = []
    if none.any():
        counts = Counter(frame.loc[none, "symbol"])
        message = (
            f"{source}: {int(none.sum()):,} beats have symbols without a class in [beats.mapping] and are not "
            f"among the rows ({some(counts)}); they still count in the rhythm of other beats."
        )
        notes = [Finding("EH107", "note", message, evidence={"symbols": dict(counts)})]
    return frame[~none].reset_index(drop=True), list(named[~none]), notes


def _labelled(
    frame: pd.DataFrame, known: Sequence[str], classes: list[str | None], data: DataConfig, source: str
) -> tuple[Samples, list[Finding]]:
    """Return the samples, corrected, and findings; a `known` class may be renamed without any beats."""
    strange = unknown_names([*classes, *known], data)
    if strange:
        raise DataError("\n".join(f"{source}: {fault}" for fault in strange))
    found = corrected(frame["id"].tolist(), split_cells(classes, data), data)
    frame, named = frame[found.keep].reset_index(drop=True), list(compress(found.classes, found.keep))
    labels = label(named, data, source, named="annotations")
    lines = np.arange(1, len(frame) + 1)
    of = of_levels(named, found.relabelled[found.keep])
    coarser = levels(LabelTable(source, frame, lines), of, labels.classes, data.levels)
    kept = frame[labels.keep].reset_index(drop=True)
    samples = Samples(kept, labels.classes, labels.values[labels.keep], levels=coarser, kind="beats")
    return samples, [*found.findings, *labels.findings]

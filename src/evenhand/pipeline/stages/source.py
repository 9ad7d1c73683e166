"""Read the rows that a configuration names, decode each once into the store, leave out those that fail."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.cores import usable_cores
from evenhand.base.errors import ConfigError, DataError
from evenhand.base.storage.files.atomic import to_json
from evenhand.base.storage.record import ROW
from evenhand.base.values import Finding, RowSet, Samples
from evenhand.data.roots.root import Root, root_of
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.store import Store
from evenhand.data.tables.labels.exclusive_blocks import blocks_of, check_softmax
from evenhand.diagnosis.evidence.evidence import UnreadableRow
from evenhand.diagnosis.evidence.reading_counts import ReadingCounts
from evenhand.engines.config import ComputeConfig
from evenhand.evaluation.class_names import class_faults
from evenhand.modalities import Kind
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.pipeline.stages.generalization import GeneralizationSource, generalization_samples
from evenhand.settings.load import Settings


@dataclass(frozen=True, eq=False)
class DataSource:
    """The data of a run, decoded.

    Attributes
    ----------
    kind, root
        The kind of data, and where the files are.
    samples
        The rows that can be decoded; the column `eh:row` is the position in the entries.
    entries
        Size (None: the default of the kind) -> encoded rows.
    failures
        Rows that cannot be decoded; they are left out.
    findings
        Findings of reading, before anything was decoded.
    generalization
        The generalization set, `[data.generalization]`, or None.
    """

    kind: Kind
    root: Root
    samples: Samples
    entries: Mapping[int | None, StoreEntry]
    failures: tuple[UnreadableRow, ...]
    findings: tuple[Finding, ...]
    generalization: GeneralizationSource | None = None

    @property
    def entry(self) -> StoreEntry:
        """The encoded rows that checks use."""
        return next(iter(self.entries.values()))

    @cached_property
    def facts(self) -> pd.DataFrame:
        """Facts from the headers of the files, one row per sample."""
        return file_facts(self.kind, self.root, self.samples)

    def counts(self, settings: Settings) -> ReadingCounts | None:
        """Return what reading did to the rows; None for a kind that counts nothing."""
        rows = self.samples.frame[ROW].to_numpy()
        values = self.kind.counted(self.entry, rows, self.facts, settings.kind_config)
        if values is None:
            return None
        section, plain = settings.data.kind, settings.kind_config.plain()
        return ReadingCounts(
            self.kind.counters,
            values,
            {f"{section}.{key}": value for key, value in plain.items()},
            frozenset(f"{section}.{key}" for key in settings.kind_config.model_fields_set),
        )


def file_facts(kind: Kind, root: Root, samples: Samples) -> pd.DataFrame:
    """Return facts from the headers of the files, one row per sample."""
    paths = samples.frame["path"].astype(str)
    # A file may hold many rows; its header is read once.
    files = paths.unique()
    with ThreadPoolExecutor(usable_cores()) as pool:
        found = pd.DataFrame(pool.map(lambda path: dict(kind.facts_of(root, path)), files), index=files)
    return found.loc[paths.tolist()].reset_index(drop=True)


def store_of(compute: ComputeConfig, watcher: Watcher) -> Store:
    """Return the store of the configuration, which reports damaged entries to the watcher."""
    folder = None if compute.store is None else Path(compute.store)
    return Store(folder, limit_bytes=int(compute.store_limit_gb * 1e9), on_damage=watcher.message)


def readers_store(folder: str | Path | None = None) -> Store:
    """Return the store for reading a record; never the one named in the record, which may be a stranger's.

    Its limit is the default or its present size, so that reading a record evicts nothing.

    Parameters
    ----------
    folder
        The folder of the store; None for the user's cache folder.
    """
    store = Store(None if folder is None else Path(folder))
    usual = int(ComputeConfig().store_limit_gb * 1e9)
    return Store(store.folder, limit_bytes=max(usual, int(store.usage()["bytes"].sum())))


def read(settings: Settings, watcher: Watcher) -> DataSource:
    """Return the data of a configuration, every row decoded once into the store.

    Raises
    ------
    DataError
        If nothing can be learned: no rows, fewer than two classes, or no row that can be decoded.
    """
    watcher.stage("reading")
    root = root_of(settings.data)
    kind = settings.kind
    samples, findings = kind.samples(root, settings.data, settings.kind_config)
    # Rows that fail are taken out later, so each keeps its position in the store.
    samples = replace(samples, frame=samples.frame.assign(**{ROW: np.arange(len(samples))}))
    check_learnable(samples, settings.data.root)
    samples = replace(samples, exclusive=blocks_of(samples, settings.data))
    check_softmax(samples, settings.data, [model.name for model in settings.model if model.blocks == "softmax"])
    check_names(settings, samples)
    found = generalization_samples(kind, settings, samples)
    kept, entries, failures = _decode(kind, root, samples, settings, watcher)
    generalization = None
    if found is not None:
        generalization = GeneralizationSource(found[0], *_decode(kind, found[0], found[1], settings, watcher))
        findings = [*findings, *found[2], *_undecodable_findings(generalization)]
    return DataSource(kind, root, kept, entries, failures, tuple(findings), generalization)


def _decode(
    kind: Kind, root: Root, samples: Samples, settings: Settings, watcher: Watcher
) -> tuple[Samples, dict[int | None, StoreEntry], tuple[UnreadableRow, ...]]:
    """Return the rows that can be decoded, the store entries of all rows, and the rows that cannot be decoded."""
    # A row counts as undecodable if any of the sizes fails, so that all models train on the same rows.
    sizes = dict.fromkeys(size for model in settings.model for size in settings.sizes_of(model).values())
    store = store_of(settings.compute, watcher)
    entries = {size: encode(kind, root, samples, settings, size, watcher, store) for size in sizes or [None]}
    reasons = {row: reason for entry in entries.values() for row, reason in entry.failures.items()}
    failures = tuple(
        UnreadableRow(samples.ids[row], str(samples.frame["path"].iloc[row]), reasons[row])
        for row in sorted(reasons)
    )
    if len(failures) == len(samples):
        raise DataError(
            f"None of the {len(samples):,} {kind.name} can be decoded (first: {failures[0].path}: "
            f"{failures[0].reason})."
        )
    keep = np.ones(len(samples), dtype=bool)
    keep[list(reasons)] = False
    return samples.take(keep), entries, failures


def _undecodable_findings(generalization: GeneralizationSource) -> list[Finding]:
    """Return a finding about rows of the generalization set that cannot be decoded."""
    if not generalization.failures:
        return []
    n, first = len(generalization.failures), generalization.failures[0]
    message = (
        f"data.generalization: {n:,} of {n + len(generalization.samples):,} rows cannot be decoded and are left "
        f'out (first: "{first.path}", {first.reason}).'
    )
    evidence = {"failed": n, "files": {f.path: f.reason for f in generalization.failures}}
    return [
        Finding(
            "EH101",
            "warning",
            message,
            RowSet.GENERALIZATION,
            evidence,
            tuple(f.id for f in generalization.failures),
        )
    ]


def encode(
    kind: Kind, root: Root, samples: Samples, settings: Settings, size: int | None, watcher: Watcher, store: Store
) -> StoreEntry:
    """Return the store entry of all rows at one size, built now if it is missing."""
    encoder = kind.settings(settings.kind_config, size)
    watcher.stage(f"decoding {kind.name}" + (f" at {size}" if size else ""), len(samples))
    return store.rows(
        {"kind": kind.name, **encoder},
        samples.frame["content"].tolist(),
        kind.reader(root, samples.frame, encoder),
        files=samples.frame["path"].astype(str).tolist(),
        workers=settings.compute.cores,
        progress=watcher.advance,
    )


def fingerprint(resolved: Mapping[str, Any], samples: Samples, generalization: Samples | None = None) -> str:
    """Return a hash of everything that determines the results: the configuration and the bytes of the data.

    Whatever `deciding` leaves out does not.
    """
    # Contents are hashed in place of paths: data that were moved can be resumed, data that changed cannot.
    text = "\n".join([to_json(deciding(resolved)), _contents(samples), _contents(generalization)])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def deciding(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a resolved configuration that determines results.

    Name, note, tags, the paths of output and data, [compute], [submit] and [ablation] do not.
    """
    without = ("name", "note", "tags", "output", "compute", "submit", "ablation")
    paths = {"root": "", "table": "", "corrections": ""}
    data = {**resolved["data"], **paths}
    if RowSet.GENERALIZATION in data:
        data[RowSet.GENERALIZATION] = {**data[RowSet.GENERALIZATION], **paths}
    return {key: value for key, value in resolved.items() if key not in without} | {"data": data}


def _contents(samples: Samples | None) -> str:
    if samples is None:
        return ""
    # Ids and labels too: a corrected label is other data, though no file has changed.
    rows = samples.frame["id"].astype(str) + "\t" + samples.frame["content"].astype(str)
    weights = [] if samples.weights is None else [samples.weights.tobytes().hex()]
    return "\n".join([*rows, samples.labels.tobytes().hex(), *weights])


def check_names(settings: Settings, samples: Samples) -> None:
    """Raise a `ConfigError` with every class in [classes] and [score] that the data do not have."""
    weights, sets = settings.score.weights, settings.classes.sets
    faults = class_faults(weights, sets, samples.classes, samples.levels, grouped=samples.grouped)
    if faults:
        raise ConfigError("configuration", faults)


def check_learnable(samples: Samples, root: str) -> None:
    """Raise if nothing can be learned: no rows, or fewer than two classes.

    Raises
    ------
    DataError
        With the root and what was found there.
    """
    held = [name for name, count in zip(samples.classes, samples.counts(), strict=True) if count > 0]
    if len(samples) == 0:
        raise DataError(f"{root}: no rows were found there.")
    if len(held) < 2 and not samples.multi_label:
        named = f'only the class "{held[0]}"' if held else "no labels"
        raise DataError(
            f"{root}: {named} was found in {len(samples)} rows; a classifier needs at least two classes. "
            "Check data.label, or put each class into a folder of its own."
        )

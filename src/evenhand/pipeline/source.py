"""From a configuration to rows that can be trained on: read, encode once, leave out what cannot be decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError
from evenhand.base.files import to_json
from evenhand.base.values import Finding, Samples
from evenhand.data.root import Root, root_of
from evenhand.data.store import Store
from evenhand.data.store_entry import Entry
from evenhand.doctor.case import Failure
from evenhand.engines.config import ComputeConfig
from evenhand.modalities import Kind
from evenhand.pipeline.progress import Watcher
from evenhand.settings import Settings

ROW = "eh:row"
"""Column of the samples that holds each row's position in the store."""


@dataclass(frozen=True, eq=False)
class Source:
    """What there is to learn from, decoded.

    Attributes
    ----------
    kind, root
        The kind of data and where it lies.
    samples
        The rows that can be decoded; their column `eh:row` is their position in the entries.
    entries
        Size (None: the kind's own) -> encoded rows.
    failures
        Rows that cannot be decoded, left out.
    findings
        What was found while reading, before anything was decoded.
    """

    kind: Kind
    root: Root
    samples: Samples
    entries: Mapping[int | None, Entry]
    failures: tuple[Failure, ...]
    findings: tuple[Finding, ...]

    @property
    def entry(self) -> Entry:
        """The encoded rows that checks look at."""
        return next(iter(self.entries.values()))

    def facts(self, threads: int) -> pd.DataFrame:
        """Return what the heads of the files say, a row for each of the samples."""
        paths = self.samples.frame["path"].astype(str)
        with ThreadPoolExecutor(threads) as pool:
            return pd.DataFrame(pool.map(lambda path: dict(self.kind.facts(self.root.read(path))), paths))


def store_of(compute: ComputeConfig) -> Store:
    """Return the store that the configuration names."""
    folder = None if compute.store is None else Path(compute.store)
    return Store(folder, limit_bytes=int(compute.store_limit_gb * 1e9))


def read(settings: Settings, watcher: Watcher) -> Source:
    """Return the source that a configuration names, every row decoded once into the store.

    Raises
    ------
    DataError
        If there is nothing to learn from: no rows, one class only, or nothing that can be decoded.
    """
    watcher.stage("reading")
    root = root_of(settings.data)
    kind = settings.kind
    samples, findings = kind.samples(root, settings.data, settings.own)
    samples = replace(samples, frame=samples.frame.assign(**{ROW: np.arange(len(samples))}))
    _check_learnable(samples, settings.data.root)
    sizes = dict.fromkeys(size for model in settings.model for size in settings.sizes_of(model).values())
    entries = {size: encode(kind, root, samples, settings, size, watcher) for size in sizes or [None]}
    reasons = {row: reason for entry in entries.values() for row, reason in entry.failures.items()}
    failures = tuple(
        Failure(samples.ids[row], str(samples.frame["path"].iloc[row]), reasons[row]) for row in sorted(reasons)
    )
    if len(failures) == len(samples):
        raise DataError(
            f"None of the {len(samples)} files can be decoded (first: {failures[0].path}: {failures[0].reason})."
        )
    keep = np.ones(len(samples), dtype=bool)
    keep[list(reasons)] = False
    return Source(kind, root, samples.take(keep), entries, failures, tuple(findings))


def encode(
    kind: Kind, root: Root, samples: Samples, settings: Settings, size: int | None, watcher: Watcher
) -> Entry:
    """Return the store's entry of all rows at one size, built now if it is not there."""
    encoder = kind.settings(settings.own, size)
    paths = samples.frame["path"].to_numpy(dtype=object)
    watcher.stage(f"decoding {kind.name}" + (f" at {size}" if size else ""), len(samples))
    return store_of(settings.compute).rows(
        {"kind": kind.name, **encoder},
        samples.frame["content"].tolist(),
        lambda row: kind.encode(root.read(str(paths[row])), encoder),
        workers=settings.compute.cores,
        progress=watcher.advance,
    )


def fingerprint(resolved: Mapping[str, Any], samples: Samples) -> str:
    """Return a hash of everything that decides the results: configuration and the bytes of the data.

    Where results go, how many processes make them and what may be uploaded decides nothing.
    """
    deciding = {key: value for key, value in resolved.items() if key not in ("output", "compute", "submit")}
    deciding = {**deciding, "data": {**resolved["data"], "root": "", "table": ""}}
    table = samples.frame[["id", "content"]].astype(str).agg("\t".join, axis=1)
    text = "\n".join([to_json(deciding), *table, samples.labels.tobytes().hex()])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _check_learnable(samples: Samples, root: str) -> None:
    held = [name for name, count in zip(samples.classes, samples.counts(), strict=True) if count > 0]
    if len(samples) == 0:
        raise DataError(f"{root}: nothing to learn from was found there.")
    if len(held) < 2 and not samples.multi_label:
        named = f'only the class "{held[0]}"' if held else "no labels"
        raise DataError(
            f"{root}: {named} was found in {len(samples)} rows; a classifier needs at least two classes. "
            "Check data.label, or put each class into a folder of its own."
        )

"""`check`: examine the data before training, and make the folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.balance.prior.balance_ledger import BalanceLedger
from evenhand.base.storage.record import ROW
from evenhand.base.values import Finding, Folds, Samples
from evenhand.data.splits.make_folds import make_folds
from evenhand.data.tables.corrections import trashed_ids
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examination import Examination
from evenhand.diagnosis.examine import FIRST, examine
from evenhand.diagnosis.statistics.skew import Skew, skew_summary
from evenhand.engines.placement import Placement
from evenhand.pipeline.stages.execution.dispatch import dispatch
from evenhand.pipeline.stages.execution.placement import missing_device
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.stages.source import DataSource, read
from evenhand.pipeline.verbs.balance_ledger import ledgers
from evenhand.settings.load import Settings, load
from evenhand.settings.unused_keys import unused_keys
from evenhand.training.calls import EmulationCall
from evenhand.training.config import bf16_keys


@dataclass(frozen=True, eq=False)
class Check:
    """The result of a check of the data.

    Attributes
    ----------
    samples
        The rows that can be decoded.
    folds
        The folds of a run.
    skew
        Counts per class and measures of skew.
    examination
        Findings, and the rules that passed or are not applicable.
    ledgers
        The class prior that each model will assume.
    reading
        What reading did: a record for each cap, fall-back, repair and option, with the rows it acted on
        (`ReadingCounts.document`).
    """

    samples: Samples
    folds: Folds
    skew: Skew
    examination: Examination
    ledgers: tuple[BalanceLedger, ...] = ()
    reading: Sequence[Mapping[str, Any]] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, causes before symptoms."""
        return self.examination.findings

    def document(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        ledgers = [one.document() for one in self.ledgers]
        reading = [dict(line) for line in self.reading]
        return {
            "skew": self.skew.document(),
            "ledgers": ledgers,
            "reading": reading,
            **self.examination.document(),
        }

    def __repr__(self) -> str:
        return f"Check({self.skew} {self.examination!r})"

    def _repr_html_(self) -> str:
        table = self.skew.table.to_html(index=False, escape=True, max_rows=30)
        return f"<p>{self.skew}</p>{table}{self.examination._repr_html_()}"


@shows_progress
def check(
    config: str | Path | Mapping[str, Any], *, changes: Sequence[str] = (), watcher: Watcher | None = None
) -> Check:
    """Return findings, folds and class counts of the data of a configuration, before training.

    Parameters
    ----------
    config
        A TOML file, or a mapping of the same shape.
    changes
        `KEY=VALUE` assignments over it.
    watcher
        Receives progress; by default bars in a terminal or a notebook.

    Raises
    ------
    ConfigError, DataError, FoldsError
        If the data cannot be read or divided.
    """
    settings = load(config, changes=changes)
    watcher = watcher or Silent()
    for warning in unused_keys(settings):
        watcher.message(warning)
    if missing := missing_device(settings.compute):
        watcher.message(missing)
    source = read(settings, watcher)
    _say_emulated(settings, watcher)
    return examine_data(settings, source, watcher)


def _say_emulated(settings: Settings, watcher: Watcher) -> None:
    """Say which models ask for bf16 on a GPU that emulates it; a worker asks, since this process has no torch."""
    keys = {
        model.name: bf16_keys(settings.train_of(model), model.frozen_precision if frozen else "")
        for model in settings.model
        for frozen in [settings.has_frozen_part(model)]
    }
    if any(keys.values()) and settings.compute.device != "cpu":
        call = EmulationCall(device=settings.compute.devices[0], keys=keys)
        (found,) = dispatch([call], watcher, Placement(settings.compute.processes(1)), threads=1, one_call=True)
        for note in found["notes"]:
            watcher.message(note)


def examine_data(settings: Settings, source: DataSource, watcher: Watcher) -> Check:
    """Return the findings about data that have been read, and their folds."""
    watcher.stage("checking")
    evidence = evidence_of(settings, source)
    # After the evidence, whose near-duplicates decide which rows stay together.
    folds = folds_for(settings, evidence)
    kept = ledgers(settings, source.samples, folds)
    found = examine(evidence.with_folds(folds, kept), codes=["EH1", "EH2", "EH308", "EH315"])
    # Reading has findings of its own; a rule of the same code that finds nothing more has not passed.
    reported = {finding.code for finding in source.findings}
    passed = tuple(code for code in found.passed if code not in reported)
    first = tuple(finding for finding in found.findings if finding.code in FIRST)
    others = tuple(finding for finding in found.findings if finding.code not in FIRST)
    found = replace(found, findings=(*first, *source.findings, *others), passed=passed)
    reading = [] if evidence.counters is None else evidence.counters.document()
    return Check(source.samples, folds, skew_summary(source.samples), found, kept, reading)


def evidence_of(settings: Settings, source: DataSource) -> Evidence:
    """Return what the rules about data read, before there are folds."""
    rows = source.samples.frame[ROW].to_numpy()
    return Evidence(
        samples=source.samples,
        config=settings.resolved(),
        failures=source.failures,
        facts=source.facts,
        pictures=pictures(source),
        kind=source.kind,
        entry=source.entry,
        counters=source.counts(settings),
        same_contents=tuple(source.kind.copies(source.entry, rows)),
        moved_contents=tuple(source.kind.families(source.entry, rows)),
    )


def folds_for(settings: Settings, evidence: Evidence) -> Folds:
    """Return the folds of the configuration; near-duplicates and families stay in one fold."""
    ids = evidence.rows.ids
    copies = [list(ids[rows]) for rows in evidence.duplicate_sets]
    moved = [list(ids[rows]) for rows in evidence.moved_contents]
    return make_folds(evidence.rows, settings.folds, copies, families=moved, trashed=trashed_ids(settings.data))


def pictures(source: DataSource) -> Any:
    """Return (n, h, w, 3) uint8 of the samples, or None for a kind whose rows are not pictures."""
    if not source.kind.pictures or "image" not in source.entry:
        return None
    stored, rows = source.entry["image"], source.samples.frame[ROW].to_numpy()
    # Indexing a memory map copies it, so that all rows are passed on as they are.
    return stored if len(rows) == len(stored) else np.asarray(stored[rows])

"""Looking at the data before anything is trained, and dividing it."""

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
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examination import Examination
from evenhand.diagnosis.examine import FIRST, examine
from evenhand.diagnosis.statistics.skew import Skew, skew_summary
from evenhand.pipeline.stages.progress import Silent, Watcher
from evenhand.pipeline.stages.progress_bars import shows_progress
from evenhand.pipeline.stages.source import DataSource, read
from evenhand.pipeline.verbs.balance_ledger import ledgers
from evenhand.settings.load import Settings, load


@dataclass(frozen=True, eq=False)
class Check:
    """What a look at the data found.

    Attributes
    ----------
    samples
        The rows that can be decoded.
    folds
        The plan they would be trained by.
    skew
        Counts per class and how uneven they are.
    examination
        Findings, and what passed or could not be looked at.
    ledgers
        What is done about skew, and what it makes models believe.
    """

    samples: Samples
    folds: Folds
    skew: Skew
    examination: Examination
    ledgers: tuple[BalanceLedger, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, causes before symptoms."""
        return self.examination.findings

    def document(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        ledgers = [one.document() for one in self.ledgers]
        return {"skew": self.skew.document(), "ledgers": ledgers, **self.examination.document()}

    def __repr__(self) -> str:
        return f"Check({self.skew} {self.examination!r})"

    def _repr_html_(self) -> str:
        table = self.skew.table.to_html(index=False, escape=True, max_rows=30)
        return f"<p>{self.skew}</p>{table}{self.examination._repr_html_()}"


@shows_progress
def check(
    config: str | Path | Mapping[str, Any], *, changes: Sequence[str] = (), watcher: Watcher | None = None
) -> Check:
    """Return what is known about the data before anything is trained.

    Parameters
    ----------
    config
        A TOML file, or a mapping of the same shape.
    changes
        `KEY=VALUE` assignments over it.
    watcher
        Told how far the work is. Without one, bars are shown in a terminal and in a notebook.

    Raises
    ------
    ConfigError, DataError, FoldsError
        If there is nothing to look at.
    """
    settings = load(config, changes=changes)
    watcher = watcher or Silent()
    source = read(settings, watcher)
    return checked(settings, source, watcher)


def checked(settings: Settings, source: DataSource, watcher: Watcher) -> Check:
    """Return the findings about a source that is read already, and its folds."""
    watcher.stage("checking")
    case = Evidence(
        samples=source.samples,
        config=settings.resolved(),
        failures=source.failures,
        facts=source.facts(settings.compute.cores),
        pictures=pictures(source),
    )
    folds = divided(settings, case)
    kept = ledgers(settings, source.samples, folds)
    found = examine(case.with_folds(folds, kept), codes=["EH1", "EH2", "EH315"])
    told = {finding.code for finding in source.findings}
    passed = tuple(code for code in found.passed if code not in told)
    first = tuple(finding for finding in found.findings if finding.code in FIRST)
    others = tuple(finding for finding in found.findings if finding.code not in FIRST)
    found = replace(found, findings=(*first, *source.findings, *others), passed=passed)
    return Check(source.samples, folds, skew_summary(source.samples), found, kept)


def divided(settings: Settings, case: Evidence) -> Folds:
    """Return the folds that the configuration asks for, rows that show the same thing kept together."""
    ids = case.rows.ids
    return make_folds(case.rows, settings.folds, duplicates=[list(ids[rows]) for rows in case.alike])


def pictures(source: DataSource) -> Any:
    """Return (n, h, w, 3) uint8 of the samples, or None for a kind that stores no pictures."""
    if "image" not in source.entry:
        return None
    stored, rows = source.entry["image"], source.samples.frame[ROW].to_numpy()
    return stored if len(rows) == len(stored) else np.asarray(stored[rows])

"""What prior the models of runs stand for, where `assemble` blends them (EH210)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from evenhand.balance.prior.balance_ledger import BalanceLedger, ledger_of
from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examine import examine
from evenhand.settings.load import load


def prior_findings(runs: Iterable[tuple[Record, Mapping[str, str]]]) -> tuple[Finding, ...]:
    """Return what EH210 says of models from several runs that are blended.

    Parameters
    ----------
    runs
        Each run with the names of its models that are blended -> what they are called in the blend. A run whose
        configuration or rows cannot be read is passed over: what its models stand for is not known.
    """
    found: list[BalanceLedger] = []
    for record, names in runs:
        with contextlib.suppress(EvenhandError, KeyError):
            found += _ledgers(record, names)
    if len(found) < 2:
        return ()
    # The patch is left out: each run has a configuration of its own.
    return tuple(replace(one, patch=None) for one in examine(Evidence(ledgers=tuple(found)), ["EH210"]).findings)


def _ledgers(record: Record, names: Mapping[str, str]) -> list[BalanceLedger]:
    """Return the ledger of the last stage of each model, which is what its probabilities stand for."""
    settings, samples, folds = load(record.resolved()), record.samples(), record.folds()
    labels = np.nan_to_num(samples.labels) if samples.multi_label else samples.labels
    known = ~np.isnan(samples.labels).any(axis=1) if samples.multi_label else samples.labels >= 0
    training = known & (folds.of(samples.ids) >= 0)
    return [
        ledger_of(
            settings.stage_balances_of(model)[-1],
            labels,
            samples.classes,
            training,
            models=(names[model.name],),
            smoothing=settings.train_of(model).label_smoothing,
        )
        for model in settings.fitted
        if model.name in names
    ]

"""Whether the models of several runs assume the same class prior before `ensemble` blends them (EH210)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from evenhand.balance.prior.balance_ledger import BalanceLedger, ledger_of
from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examine import examine
from evenhand.settings.load import load


def prior_findings(runs: Iterable[tuple[Record, Mapping[str, str]]]) -> tuple[Finding, ...]:
    """Return the findings of EH210 on models of several runs that are blended.

    Parameters
    ----------
    runs
        Each run, and a mapping from the names of its blended models to their names in the blend. Runs whose
        configuration or rows cannot be read are skipped, as the prior of their models is unknown.
    """
    found: list[BalanceLedger] = []
    for record, names in runs:
        with contextlib.suppress(EvenhandError, KeyError):
            found += _ledgers(record, names)
    if len(found) < 2:
        return ()
    # No patch: it would apply to one configuration, and each run has its own.
    return tuple(replace(one, patch=None) for one in examine(Evidence(ledgers=tuple(found)), ["EH210"]).findings)


def _ledgers(record: Record, names: Mapping[str, str]) -> list[BalanceLedger]:
    """Return the ledger of the last training stage of each model: the prior that its probabilities assume."""
    settings, samples, folds = load(record.resolved()), record.samples(), record.folds()
    training = samples.known & (folds.of(samples.ids) >= 0)
    return [
        ledger_of(
            settings.stage_balances_of(model)[-1],
            samples.labels,
            samples.classes,
            training,
            models=(names[model.name],),
            smoothing=settings.train_of(model).label_smoothing,
            weights=samples.weights,
        )
        for model in settings.fitted
        if model.name in names
    ]

"""`balance_ledger`: the class prior that each model of a configuration will assume, before training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from evenhand.balance.config import BalanceConfig
from evenhand.balance.prior.balance_ledger import BalanceLedger, ledger_of
from evenhand.base.errors import ConfigError, Fault
from evenhand.base.values import TEST, Finding, Folds, Mask, Samples
from evenhand.data.roots.root import root_of
from evenhand.data.splits.make_folds import make_folds
from evenhand.data.tables.corrections import trashed_ids
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.examination import Examination
from evenhand.diagnosis.examine import examine
from evenhand.pipeline.stages.source import check_learnable
from evenhand.settings.load import Settings, load
from evenhand.settings.unused_keys import unused_keys


@dataclass(frozen=True, eq=False)
class BalanceCheck:
    """The ledgers of a configuration, and the findings about them.

    Attributes
    ----------
    ledgers
        One for each distinct setting of balance among models and stages.
    examination
        Findings of the rules about balance.
    warnings
        Keys that were set and that no model uses.
    """

    ledgers: tuple[BalanceLedger, ...]
    examination: Examination
    warnings: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, causes before symptoms."""
        return self.examination.findings

    @property
    def refusal(self) -> str | None:
        """The reason why a run would be refused, or None."""
        return next((one.refusal for one in self.ledgers if one.refusal is not None), None)

    def document(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"ledgers": [one.document() for one in self.ledgers], **self.examination.document()}

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.ledgers))

    def __repr__(self) -> str:
        return f"BalanceCheck({len(self.ledgers)} ledgers; {self.examination!r})"


def balance_ledger(config: str | Path | Mapping[str, Any], *, changes: Sequence[str] = ()) -> BalanceCheck:
    """Return the ledgers of a configuration; labels are read, nothing is decoded or trained.

    Folds are made without near-duplicates, which only decoded rows show. Where a run keeps some together, it may
    train on a few other rows in each fold; its own ledgers, in balance.json, are those of its folds.

    Parameters
    ----------
    config
        A TOML file, or a mapping of the same shape.
    changes
        `KEY=VALUE` assignments over it.

    Raises
    ------
    ConfigError, DataError, FoldsError
        If there are no labels, or an option names an unknown class.
    """
    settings = load(config, changes=changes)
    samples, _ = settings.kind.samples(root_of(settings.data), settings.data, settings.kind_config)
    check_learnable(samples, settings.data.root)
    folds = make_folds(samples, settings.folds, trashed=trashed_ids(settings.data))
    return check_balance(settings, samples, folds)


def check_balance(settings: Settings, samples: Samples, folds: Folds | None) -> BalanceCheck:
    """Return the ledgers of settings on rows, and the findings about them."""
    found = ledgers(settings, samples, folds)
    evidence = Evidence(samples=samples, folds=folds, config=settings.resolved(), ledgers=found)
    return BalanceCheck(found, examine(evidence, codes=["EH2"]), tuple(unused_keys(settings)))


def ledgers(settings: Settings, samples: Samples, folds: Folds | None) -> tuple[BalanceLedger, ...]:
    """Return a ledger for each distinct setting of balance among models and stages.

    Parameters
    ----------
    folds
        Folds that determine the training rows; None for all rows with a label.
    """
    training, each = _trained_on(samples, folds)
    return tuple(
        ledger_of(
            one.config,
            samples.labels,
            samples.classes,
            training,
            each,
            models=one.models,
            stage=one.stage,
            key=one.key,
            smoothing=one.smoothing,
            weights=samples.weights,
        )
        for one in _settings_of(settings)
    )


def refuse_overshoot(found: Sequence[BalanceLedger], source: str) -> None:
    """Raise if a ledger inverts the class skew and its `on_overshoot` is "refuse".

    Raises
    ------
    ConfigError
        With every ledger that is refused.
    """
    faults = [Fault(one.key, one.title, one.refusal.rstrip(".")) for one in found if one.refusal is not None]
    if faults:
        raise ConfigError(source, faults)


def _trained_on(samples: Samples, folds: Folds | None) -> tuple[Mask, list[Mask]]:
    """Return (n,) the training rows, and those of each fold."""
    known = samples.known
    if folds is None:
        return known, []
    fold = folds.of(samples.ids)
    training = known & (fold != TEST)
    return training, [training & (fold != f) for f in range(folds.k)]


class _Setting(NamedTuple):
    """A distinct setting of balance: stage, key and section, label smoothing, and the models that use it."""

    stage: int | None
    key: str
    config: BalanceConfig
    smoothing: float
    models: tuple[str, ...]


def _settings_of(settings: Settings) -> list[_Setting]:
    """Return the distinct settings of balance, in the order of the models."""
    found: dict[tuple[int | None, str, str, float], tuple[BalanceConfig, list[str]]] = {}
    for model in settings.model:
        stages, smoothing = settings.stage_balances_of(model), settings.train_of(model).label_smoothing
        alike = all(config == stages[0] for config in stages)
        for number, config in enumerate(stages[:1] if alike else stages):
            key = _key(model.name, bool(model.balance), "stage" in model.train, number, alike)
            # As text: a section is not hashable, and stages with equal settings share a ledger.
            text = config.model_dump_json()
            setting = (None if alike else number, key, text, smoothing)
            found.setdefault(setting, (config, []))[1].append(model.name)
    # Without models the section itself is shown, so that `check --balance` answers before any is named.
    if not settings.model:
        return [_Setting(None, "balance", settings.balance, settings.train.label_smoothing, ())]
    return [
        _Setting(stage, key, config, smoothing, tuple(names))
        for (stage, key, _, smoothing), (config, names) in found.items()
    ]


def _key(model: str, own_balance: bool, own_stages: bool, number: int, alike: bool) -> str:
    """Return the configuration key of the balance of a model in a stage."""
    if alike or number == 0:
        return f"model.{model}.balance" if own_balance else "balance"
    return f"model.{model}.train.stage.{number}.balance" if own_stages else f"train.stage.{number}.balance"

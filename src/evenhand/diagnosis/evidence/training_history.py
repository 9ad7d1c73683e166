"""The history of one fit from epochs.jsonl, for rules that run during training or afterwards."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.balance.config import BalanceConfig
from evenhand.balance.prior.effective_prior import EffectivePrior
from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record, TaskFile, epoch_lines
from evenhand.base.storage.sealed_json import SealError, read_sealed
from evenhand.base.values import TEST, Floats
from evenhand.curves.fit_curves import Curve, FitCurves
from evenhand.diagnosis.evidence.history_curves import curves_of_lines
from evenhand.diagnosis.evidence.history_priors import BalancePlans, balance_plans_of

Line = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class TrainingHistory:
    """The epochs of one fit so far.

    Attributes
    ----------
    model, fold, seed
        Which fit it is; fold and seed are None where a foreign log does not say.
    classes
        The k class names; empty where a foreign log does not say.
    lines
        One per epoch, as in epochs.jsonl.
    prior
        The effective prior (sampler, weights and loss) of the last epoch; None where it is not known.
    balance
        The settings in force in the last epoch, as plain values.
    train
        The settings of the model, as plain values.
    priors
        The effective prior of each epoch; empty where it is `prior` in all of them.
    kept
        The epoch whose weights were kept, counted from 0; None where it is not known.
    log
        The curves of a foreign log, which `lines` cannot hold in full.
    """

    model: str
    fold: int | None
    seed: int | None
    classes: tuple[str, ...]
    lines: tuple[Line, ...]
    prior: EffectivePrior | None = None
    balance: Mapping[str, Any] = field(default_factory=dict)
    train: Mapping[str, Any] = field(default_factory=dict)
    priors: tuple[EffectivePrior, ...] = ()
    kept: int | None = None
    log: FitCurves | None = None

    @classmethod
    def of_log(cls, log: FitCurves) -> TrainingHistory:
        """Return the history of a foreign log: its losses by epoch, and its curves."""
        # Looked up, not searched for: a log by step may have a million of them.
        train, held = _by_epoch(log.train_loss), _by_epoch(log.loss)
        at = np.unique(np.concatenate([curve.axis for curve in log.curves]))
        lines = tuple(
            {"epoch": n, "at": x}
            | ({"train_loss": _plain(train[x])} if x in train else {})
            | ({"validation_loss": _plain(held[x])} if x in held else {})
            for n, x in enumerate(at.tolist())
        )
        return cls(log.model, log.fold, log.seed, (), lines, log=log)

    @cached_property
    def curves(self) -> FitCurves:
        """The learning curves, epochs counted from 1."""
        if self.log is not None:
            return self.log
        since = max((at for at in range(len(self.lines)) if self._begins(at)), default=0)
        choose_by = str(self.train.get("choose_by", ""))
        return curves_of_lines(
            self.model, self.fold, self.seed, self.lines, choose_by=choose_by, kept=self.kept, since=since
        )

    def with_plans(self, plans: BalancePlans) -> TrainingHistory:
        """Return the history with the effective prior of each epoch: by stage, and softened once it was."""
        plan, priors = plans.plan(self.lines[-1] if self.lines else {}), tuple(map(plans.prior, self.lines))
        prior = priors[-1] if priors else plan.prior_at(0)
        return replace(self, prior=prior, balance=plan.config.plain(), priors=priors)

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.classes)

    @property
    def name(self) -> str:
        """The name of the fit for messages."""
        return f"{self.model}, {self.place}" if self.place else self.model

    @property
    def place(self) -> str:
        """Fold and seed for messages, as far as they are known."""
        parts = [("fold", self.fold), ("seed", self.seed)]
        return ", ".join(f"{word} {number}" for word, number in parts if number is not None)

    def when(self, position: int) -> str:
        """Return the epoch, or the step, of a line for messages; epochs are counted from 1."""
        line = self.lines[position]
        return self.curves.when(line["at"] if self.log is not None else 1 + int(line.get("epoch") or 0))

    @property
    def settings(self) -> BalanceConfig:
        """The section [balance] in force in the last epoch."""
        return BalanceConfig.model_validate(dict(self.balance))

    @property
    def stage(self) -> int:
        """The stage of the last epoch, counted from 0."""
        return int(self.lines[-1].get("stage") or 0) if self.lines else 0

    @property
    def stages(self) -> Sequence[Mapping[str, Any]]:
        """The settings of the stages; empty where none is named."""
        return self.train.get("stage") or ()

    @cached_property
    def steps(self) -> list[int]:
        """Optimizer steps since the segment began, at the end of each epoch."""
        out: list[int] = []
        for at, line in enumerate(self.lines):
            before = 0 if self._begins(at) else out[-1]
            out.append(before + int(line.get("steps") or 0))
        return out

    def settled(self, last: int, *, steps: int, warm: bool = True) -> list[Line]:
        """Return the last `last` lines if they lie in one segment, `steps` steps after it began; else none.

        A segment begins with a stage, or after an epoch at whose end a live check changed the training.

        Parameters
        ----------
        warm
            Whether the learning rate must have warmed up before the first of them, too.
        """
        first = len(self.lines) - last
        began = max((at for at in range(len(self.lines)) if self._begins(at)), default=0)
        if first < began:
            return []
        cold = math.ceil(float(self.train.get("warmup_epochs", 1.0))) if warm else 0
        return list(self.lines[first:]) if first - began >= cold and self.steps[first] >= steps else []

    def _begins(self, at: int) -> bool:
        before = self.lines[at - 1] if at else {}
        # After a repair weights and settings differ, so that epochs before it say nothing about those after.
        return not at or bool(before.get("recovery")) or before.get("stage") != self.lines[at].get("stage")


def own_word(line: Line) -> Mapping[str, Any] | None:
    """Return the statistics of the validation rows before probabilities are corrected to another prior."""
    sets = line.get("sets") or {}
    found: Mapping[str, Any] | None = sets.get("validation_uncorrected") or sets.get("validation")
    return found


def numbers(statistics: Mapping[str, Any] | None, key: str) -> Floats:
    """Return (k,) figures of a set, NaN where one is not defined; (0,) where the set is missing."""
    values = (statistics or {}).get(key) or []
    return np.array([math.nan if value is None else float(value) for value in values])


def histories_of(record: Record) -> tuple[TrainingHistory, ...]:
    """Return the history of every fit that a record holds, in the order of models, folds and seeds."""
    models = {entry["name"]: entry for entry in record.resolved().get("model", [])}
    files = sorted(
        (file for file in record.task_files("epochs.jsonl") if file.model in models),
        key=lambda file: (list(models).index(file.model), file.fold, file.seed),
    )
    return tuple(_history(record, file, models[file.model]) for file in files)


def _history(record: Record, file: TaskFile, model: Mapping[str, Any]) -> TrainingHistory:
    path, fold, seed = file.path, file.fold, file.seed
    balance = dict(model.get("balance") or {})
    train = dict(model.get("train") or {})
    classes = tuple(record.data()["classes"])
    lines = epoch_lines(path)
    for share in (rows.get("share") for line in lines for rows in (line.get("sets") or {}).values() if rows):
        if share and len(share) != len(classes):
            raise record.damaged(
                path.relative_to(record.path).as_posix(), f"has figures of {len(share)} classes, not {len(classes)}"
            )
    history = TrainingHistory(
        model["name"], fold, seed, classes, lines, balance=balance, train=train, kept=_kept(path)
    )
    plans = _plans(record, fold, balance, train)
    return history if plans is None else history.with_plans(plans)


def _kept(path: Path) -> int | None:
    """Return the epoch whose weights a finished task kept; None where task.json does not say."""
    with contextlib.suppress(OSError, SealError):
        epoch = read_sealed(path.with_name("task.json")).content.get("epoch")
        return epoch if isinstance(epoch, int) and epoch >= 0 else None
    return None


def _by_epoch(curve: Curve | None) -> dict[float, float]:
    """Return epoch or step -> value; empty where there is no curve."""
    return {} if curve is None else dict(zip(curve.axis.tolist(), curve.values.tolist(), strict=True))


def _plain(value: float) -> float | None:
    """Return a number as epochs.jsonl holds it: null where it is not finite."""
    return value if math.isfinite(value) else None


def _plans(record: Record, fold: int, balance: Mapping[str, Any], train: Mapping[str, Any]) -> BalancePlans | None:
    """Return the balance plans of a fold's fits; None where they cannot be determined."""
    # A record may be damaged or of an older version; rules that need the prior are then not applicable.
    with contextlib.suppress(EvenhandError):
        samples, folds = record.samples(), record.folds()
        of = folds.of(samples.ids)
        fit = (of != fold) & (of != TEST) & samples.known
        weights = None if samples.weights is None else samples.weights[fit]
        return balance_plans_of(balance, train, samples.labels[fit], samples.classes, weights)
    return None


def fits(found: Sequence[TrainingHistory], every: Sequence[TrainingHistory]) -> str:
    """Return the phrase that names some fits of a model.

    >>> one = TrainingHistory("a", 0, 0, ("x", "y"), ())
    >>> fits([one], [one]), fits([one], [one, one, one])
    ('a, fold 0, seed 0', 'a, in 1 of 3 fits (first: fold 0, seed 0)')
    """
    first = found[0]
    if len(every) == 1:
        return first.name
    where = f" (first: {first.place})" if first.place else ""
    return f"{first.model}, in {len(found)} of {len(every)} fits{where}"


def by_model(histories: Sequence[TrainingHistory]) -> dict[str, list[TrainingHistory]]:
    """Return the histories of each model."""
    out: dict[str, list[TrainingHistory]] = {}
    for history in histories:
        out.setdefault(history.model, []).append(history)
    return out

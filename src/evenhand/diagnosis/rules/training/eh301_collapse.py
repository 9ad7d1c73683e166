"""EH301: classes that exist and are not predicted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evenhand.balance.prior.overshoot import compensating, patch_of
from evenhand.base.values import Ints
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import Line, TrainingHistory, by_model, fits, numbers, own_word
from evenhand.diagnosis.render import listing, verb
from evenhand.diagnosis.rule import Found, rule


@rule(
    "EH301",
    slug="collapse",
    severity="error",
    needs=("histories", "class_priors"),
    after=("EH201", "EH202", "EH311", "EH207"),
)
def check(
    evidence: Evidence,
    *,
    epochs: int = 2,
    called: float = 0.25,
    part: float = 0.5,
    steps: int = 10,
    stands: int = 3,
) -> Iterator[Found]:
    """Find training runs that no longer predict classes which occur.

    What it checks: in the last `epochs` epochs, after `steps` steps, classes of the validation rows that the
    network itself (before its probabilities are corrected to another prior) predicts less than `called` times as
    often as they occur. They are reported where the effective prior of sampler, weights and loss gives the class
    less than `part` times both its share of the rows and an equal share, and then even during the warm-up of the
    learning rate: it will not improve by itself. Or, after the warm-up, where a class has an effective prior of at
    least half an equal share, is never predicted, not even among the training rows, and its own training rows get a
    mean probability below `part` times its prior that does not rise over `stands` epochs.

    Why it matters: a score that averages over classes can look good while some are never found. A model predicts
    what its effective prior implies, however long it is trained.

    What to do: correct for skew once, in the sampler or in the weights, up to an exponent of 1. Where the ledger
    explains nothing, lower the learning rate or set train.clip. With train.on_collapse = "fix" the run does so.

    Limits: a rare class that is not predicted because it is rare and uncorrected is not reported: the loss asks for
    that. Nor is one that is confused with others while its prior is adequate.

    Example: `both, fold 0, seed 0: N (90.0% of the validation rows, predicted for 0.0%) is predicted far too rarely
    since epoch 2; the model predicts S and V. Sampler balanced (1.00) and weights inverse (1.00) together have the
    exponent 2.00 and make it expect N in 1.7% of the rows.`
    """
    for model, histories in by_model(evidence.histories or ()).items():
        found = [
            (history, hit)
            for history in histories
            if (hit := collapse(history, epochs, called, part, steps, stands))
        ]
        if found:
            history, hit = found[0]
            yield Found(
                message=f"{fits([one for one, _ in found], histories)}: {_words(history, hit)}",
                about=model,
                evidence={
                    "classes": [history.classes[c] for c in hit.classes],
                    "since": hit.since,
                    "blames": "balance" if hit.by_prior else "optimisation",
                    "exponent": None if history.prior is None else history.prior.exponent,
                    "predicted": dict(zip(history.classes, hit.predicted, strict=True)),
                },
                patch=_patch(history, hit),
            )


@dataclass(frozen=True)
class Collapse:
    """Classes that are not predicted: since which epoch, whether the prior explains it, and predicted shares."""

    classes: Ints
    since: int
    by_prior: bool
    predicted: list[float]


def collapse(
    history: TrainingHistory,
    epochs: int,
    called: float,
    part: float,
    steps: int,
    stands: int,
    *,
    sure_steps: int = 100,
) -> Collapse | None:
    """Return the classes that the last epochs of a fit do not predict, or None."""
    # Not only warm epochs: what the prior explains will not improve as the learning rate rises.
    lines = history.settled(epochs, steps=steps, warm=False)
    words = [own_word(line) for line in lines]
    if history.prior is None or history.prior.multi_label or not lines or not all(words):
        return None
    missing = np.all([_missing(word, called) for word in words], axis=0)
    expected, natural = history.prior.shares, history.prior.natural
    # Below both: a class that is common in the data, or would be among equals, was made rare by the settings.
    by_prior = missing & (expected < part * np.minimum(natural, 1 / history.k))
    sure = history.settled(stands, steps=sure_steps)
    against = _unlearned(history, sure, part) if sure else np.zeros(history.k, dtype=bool)
    # The ledger's explanation first: it comes with numbers and a patch.
    chosen = by_prior if by_prior.any() else against
    if not chosen.any():
        return None
    predicted = numbers(words[-1], "predicted")
    since = _since(history, chosen, called)
    return Collapse(np.flatnonzero(chosen), since, bool(by_prior.any()), predicted.tolist())


def _missing(word: Any, called: float) -> Any:
    share, predicted = numbers(word, "share"), numbers(word, "predicted")
    return (share > 0) & (predicted < called * share)


def _unlearned(history: TrainingHistory, lines: Sequence[Line], part: float, *, least_rows: float = 10.0) -> Any:
    """Return (k,) bool: classes with a large prior that are not predicted for training rows either."""
    assert history.prior is not None
    expected, out, gone = history.prior.shares, np.ones(history.k, dtype=bool), []
    for line in lines:
        train = (line.get("sets") or {}).get("train") or {}
        rows = numbers(train, "share") * float(train.get("rows") or 0)
        if len(rows) != history.k:
            return np.zeros(history.k, dtype=bool)
        own = numbers(train, "own_probability")
        word = own_word(line)
        out &= (numbers(word, "predicted") == 0) & (numbers(word, "share") > 0)
        # A calibrated model gives the rows of a class its prior on average, whatever they look like; far less
        # means that something broke, not that the class is hard.
        out &= (numbers(train, "predicted") == 0) & (rows >= least_rows) & (own < part * expected)
        gone.append(own)
    # The 2 % absorb noise: a probability that does not rise beyond that is not learning the class.
    return out & (expected >= 0.5 / history.k) & (gone[-1] <= 1.02 * gone[0])


def _since(history: TrainingHistory, chosen: Any, called: float) -> int:
    """Return the first epoch of the unbroken run of epochs up to now in which all of these classes were missing."""
    since = len(history.lines)
    for at in range(len(history.lines) - 1, -1, -1):
        word = own_word(history.lines[at])
        if word is None or not _missing(word, called)[chosen].all():
            break
        since = at
    return since


def _words(history: TrainingHistory, hit: Collapse) -> str:
    share = numbers(own_word(history.lines[-1]), "share")
    names = [
        f"{history.classes[c]} ({share[c]:.1%} of the validation rows, predicted for {hit.predicted[c]:.1%})"
        for c in hit.classes
    ]
    predicted = [name for name, p in zip(history.classes, hit.predicted, strict=True) if p > 0.01]
    which = f"the model predicts {'only ' if len(predicted) == 1 else ''}{listing(predicted, most=5)}"
    many = verb(len(names), "is", "are")
    text = f"{listing(names, most=5)} {many} predicted far too rarely since epoch {hit.since + 1}; {which}."
    return f"{text} {_reason(history, hit)}"


def _reason(history: TrainingHistory, hit: Collapse) -> str:
    prior = history.prior
    assert prior is not None
    if not hit.by_prior:
        return "The balance ledger does not explain it: the learning rate may be too high, or an output is dead."
    made = [f"{name} ({value:.2f})" for name, value in compensating(prior, history.settings).items()]
    causes = listing(made) if made else "The settings of [balance]"
    expected = listing([f"{history.classes[c]} in {prior.shares[c]:.1%}" for c in hit.classes], most=5)
    together = "together have" if len(made) > 1 else "has"
    makes = verb(len(made) or 2, "makes", "make")
    exponent = f"{together} the exponent {prior.exponent:.2f} and " if made else ""
    where = f"In stage {history.stage + 1}, " if len(history.stages) > 1 else ""
    text = f"{where}{causes if where else causes[0].upper() + causes[1:]}"
    return f"{text} {exponent}{makes} it expect {expected} of the rows."


def _patch(history: TrainingHistory, hit: Collapse) -> dict[str, Any] | None:
    own = f"model.{history.model}"
    if hit.by_prior:
        assert history.prior is not None
        if history.prior.exponent <= 1.0:
            return None
        stage = (
            (history.stages[history.stage].get("balance") or {}) if history.stages else {}
        )  # its path is not known
        patch = {key: value for key, value in patch_of(history.prior, history.settings).items() if key not in stage}
        return {f"{own}.balance.{key}": value for key, value in patch.items()} or None
    rate = history.train.get("learning_rate")
    return {f"{own}.train.learning_rate": rate / 2} if rate else None

"""EH302: a training run whose outputs carry no information about the truth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from evenhand.curves.fit_curves import FitCurves
from evenhand.curves.readings import chance_classes, learned_nothing
from evenhand.curves.trend import FELL
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import Line, TrainingHistory, by_model, fits, numbers, own_word
from evenhand.diagnosis.rule import Found, rule


@rule(
    "EH302",
    slug="stuck-at-chance",
    severity="warning",
    needs=("histories", "information"),
    after=("EH311", "EH301", "EH304", "EH121"),
)
def check(
    evidence: Evidence,
    *,
    epochs: int = 2,
    share: float = 0.002,
    falls: float = 0.001,
    steps: int = 60,
    fell: float = FELL,
) -> Iterator[Found]:
    """Find training runs whose outputs carry no information about the truth and do not improve.

    What it checks: the information of the outputs about the truth (the mean logarithm of the probability given to
    it over the mean probability of that class, in nats), on training and on validation rows. It fires where both
    lie within `share` of the entropy of the classes by two standard errors in the last `epochs` epochs, after the
    warm-up and `steps` steps, and the training loss fell by less than `falls` of itself. Of a foreign log, which
    does not hold the information, it fires where no loss ever fell by `fell` of its first value.

    Why it matters: more epochs will not help. Only the class shares were learned.

    What to do: try a tenth, then ten times the learning rate; check that labels belong to their rows (evenhand
    check), and that inputs arrive (a constant input shows as features without spread).

    Limits: a problem that cannot be learned from these inputs looks the same; the rule reports the state, not its
    cause. Not applicable where several labels may hold for a row; does not fire with too few rows.

    Example: `net, fold 1, seed 0: the outputs carry 0.0000 nats about the truth on training and 0.0000 on
    validation rows (of 0.6931), and the training loss stagnates. Only the class shares are learned.`
    """
    for model, histories in by_model(evidence.histories or ()).items():
        logs = [
            history for history in histories if history.log is not None and learned_nothing(history.log, share=fell)
        ]
        if logs:
            yield Found(message=f"{fits(logs, histories)}: {_of_log(logs[0].curves)}", about=model)
            continue
        found = [history for history in histories if stuck(history, epochs, share, falls, steps)]
        if found:
            line = found[0].lines[-1]
            train, held = _information(line["sets"]["train"]), _information(line["sets"]["validation"])
            rate = float(found[0].train.get("learning_rate") or 0.0)
            yield Found(
                message=f"{fits(found, histories)}: the outputs carry {train[0]:.4f} nats about the truth on "
                "training "
                f"and {held[0]:.4f} on validation rows (of {_entropy(line):.4f}), and the training loss stagnates. "
                "Only the class shares are learned.",
                about=model,
                evidence={
                    "train": train,
                    "validation": held,
                    "entropy": _entropy(line),
                    "learning_rate": rate,
                    "since": found[0].lines[-epochs].get("epoch"),
                },
                patch={f"model.{model}.train.learning_rate": rate / 10} if rate else None,
            )


def _of_log(log: FitCurves) -> str:
    """Return a sentence about losses that never fell."""
    losses = [(one, one.values[one.finite][-1]) for one in (log.train_loss, log.loss) if one is not None]
    k = chance_classes(log)
    chance = f" Guessing among {k} equal classes costs {math.log(k):.3f}." if k else ""
    at_end = " and ".join(f"{curve.words} {last:.3g}" for curve, last in losses)
    return f"no loss has fallen since the first {log.unit}: {at_end} at the end.{chance} Nothing was learned."


def stuck(history: TrainingHistory, epochs: int, share: float, falls: float, steps: int) -> bool:
    """Return whether the last epochs of a fit carried no information about the truth while the loss stagnated."""
    lines = history.settled(epochs, steps=steps)
    if not lines or not all(_uninformative(line, share) for line in lines):
        return False
    first, last = (float(line.get("train_loss") or np.nan) for line in (lines[0], lines[-1]))
    return first - last < falls * abs(first)


def _uninformative(line: Line, share: float) -> bool:
    sets = line.get("sets") or {}
    both = [_information(sets.get("train")), _information(sets.get("validation"))]
    # With two standard errors: few rows cannot show that there is no information.
    return all(abs(value) + 2 * error < share * _entropy(line) for value, error in both)


def _information(statistics: Any) -> tuple[float, float]:
    """Return nats and their standard error; NaN where they are not known, for which every comparison is false."""
    value, error = ((statistics or {}).get(key) for key in ("information", "information_error"))
    return (np.nan, np.nan) if value is None or error is None else (float(value), float(error))


def _entropy(line: Line) -> float:
    """Return the entropy of the classes of the validation rows, in nats."""
    share = numbers(own_word(line), "share")
    there = share[share > 0]
    return float(-(there * np.log(there)).sum())

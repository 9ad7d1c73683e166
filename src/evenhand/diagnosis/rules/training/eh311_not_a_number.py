"""EH311: losses that are not finite, or diverge."""

from __future__ import annotations

import math
from collections.abc import Iterator

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory, by_model, fits
from evenhand.diagnosis.rule import Found, rule


@rule("EH311", slug="not-a-number", severity="error", needs=("histories",))
def check(evidence: Evidence, *, times: float = 5.0, epochs: int = 2) -> Iterator[Found]:
    """Find training runs whose loss is not finite, or diverges.

    What it checks: whether the training loss or, where rows were evaluated, the validation loss of the last epoch
    is a finite number; and whether the training loss was more than `times` what it was in the first epoch (and than
    guessing costs) in the last `epochs` epochs.

    Why it matters: weights that are NaN stay NaN; everything trained from then on is lost.

    What to do: lower the learning rate, clip the gradient (train.clip = 1.0), lengthen train.warmup_epochs; look
    for inputs that are not finite. With train.on_collapse = "fix" the run halves the rate and resumes from earlier
    weights.

    Limits: gradients are checked in a few steps of each epoch, losses in all.

    Example: `net, fold 0, seed 0: the training loss is not a number in epoch 3 (learning rate 0.5).`
    """
    for model, histories in by_model(evidence.histories or ()).items():
        found = [(history, hit) for history in histories if (hit := runaway(history, times, epochs))]
        if found:
            history, (since, words) = found[0]
            rate = float(history.train.get("learning_rate") or 0.0)
            own, clip = f"model.{model}.train", history.train.get("clip") or 1.0
            patch = {f"{own}.learning_rate": rate / 2, f"{own}.clip": clip}
            yield Found(
                message=f"{fits([one for one, _ in found], histories)}: {words}",
                about=model,
                evidence={
                    "epoch": history.lines[-1].get("epoch"),
                    "since": since,
                    "learning_rate": rate,
                    "blames": "optimisation",
                },
                patch=patch if rate else None,
            )


def runaway(history: TrainingHistory, times: float, epochs: int) -> tuple[int, str] | None:
    """Return the first epoch with a wrong loss and a phrase for what is wrong; None if nothing is."""
    if not history.lines:
        return None
    last = history.lines[-1]
    epoch, logged = int(last.get("epoch") or 0), history.log is not None
    rate = last.get("learning_rate")
    at = f"in {history.when(-1)}" + ("" if logged else f" (learning rate {rate or 0.0:.3g})")
    # A foreign log may hold the loss of one set of rows only: what was never logged is not lost.
    if not (logged and "train_loss" not in last) and _none(last.get("train_loss")):
        return epoch, f"the training loss is not a number {at}."
    validated = "validation_loss" in last if logged else (last.get("sets") or {}).get("validation")
    if validated and _none(last.get("validation_loss")):
        return epoch, f"the validation loss is not a number {at}."
    # Within a stage: another loss or balance has another scale.
    own = [line for line in history.lines if line.get("stage") == last.get("stage")]
    own = [line for line in own if not logged or "train_loss" in line]
    weight = 1.0 if history.prior is None else max(history.prior.mean_weight, 1.0)
    # At least the loss of guessing, times the mean weight: a first epoch that happens to be good is no limit.
    limit = times * max(_loss(own[0]) if own else 0.0, math.log(max(history.k, 2)) * weight)
    if len(own) > epochs and all(_loss(line) > limit for line in own[-epochs:]):
        since = next(epoch - n for n in range(len(own)) if not _loss(own[-2 - n]) > limit)
        return (
            since,
            f"the training loss diverges: {_loss(own[-1]):.3g} {at}, {_loss(own[0]):.3g} in the first epoch.",
        )
    return None


def _none(value: object) -> bool:
    return not isinstance(value, (int, float)) or not math.isfinite(value)


def _loss(line: object) -> float:
    value = line.get("train_loss") if hasattr(line, "get") else None
    return math.inf if value is None else float(value)

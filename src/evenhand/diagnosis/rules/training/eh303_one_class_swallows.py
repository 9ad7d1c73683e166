"""EH303: one class absorbs the others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory, by_model, fits, numbers, own_word
from evenhand.diagnosis.rule import Found, rule


@rule(
    "EH303",
    slug="one-class-swallows",
    severity="warning",
    needs=("histories",),
    after=("EH201", "EH202", "EH301", "EH304", "EH121"),
)
def check(
    evidence: Evidence, *, epochs: int = 2, beyond: float = 0.25, swallowed: float = 0.5, steps: int = 40
) -> Iterator[Found]:
    """Find training runs that assign most rows of other classes to one class.

    What it checks: in the last `epochs` epochs, after the warm-up and `steps` steps, a class whose mean
    probability on the validation rows (before correction to another prior) lies more than `beyond` above both its
    share of the rows and an equal share, and that is predicted for at least `swallowed` of the rows of other
    classes. If that probability has fallen in every epoch so far, it is a remainder of the initial weights, which
    is slow but not wrong.

    Why it matters: the network gives the same answer for any input; the other classes lose their recall, this one
    its precision.

    What to do: check the effective prior (evenhand check --balance) of sampler, weights and loss. If it does not
    explain the finding, lower the learning rate.

    Limits: a class with most of the data, or with a large prior by configuration, may be predicted most of the
    time. `evenhand diagnose` reports the same code for new data, whose predictions are held against the
    truth or against those of the run.

    Example: `both, fold 0, seed 0: S takes 71.0% of the rows of other classes (it is 2.0% of the rows and gets a
    mean probability of 0.68). The settings make the model expect it in 60.4%.`
    """
    for model, histories in by_model(evidence.histories or ()).items():
        hits = [
            (history, c)
            for history in histories
            if (c := swallowing(history, epochs, beyond, swallowed, steps)) is not None
        ]
        if hits:
            history, c = hits[0]
            word = own_word(history.lines[-1])
            share, mean = (float(numbers(word, key)[c]) for key in ("share", "probability"))
            taken = _taken(history.lines[-1], c)
            reason = (
                ""
                if history.prior is None
                else f" The settings make the model expect it in {history.prior.shares[c]:.1%}."
            )
            yield Found(
                message=f"{fits([one for one, _ in hits], histories)}: {history.classes[c]} takes "
                f"{taken:.1%} of the rows of other classes (it is {share:.1%} of the rows and gets "
                f"a mean probability of {mean:.2f}).{reason}",
                about=model,
                evidence={
                    "class": history.classes[c],
                    "share": share,
                    "probability": mean,
                    "since": history.lines[-epochs].get("epoch"),
                    "blames": "balance"
                    if history.prior is not None and history.prior.overshoots()
                    else "optimisation",
                },
            )


def swallowing(history: TrainingHistory, epochs: int, beyond: float, swallowed: float, steps: int) -> int | None:
    """Return the class that absorbs most rows of the others in the last epochs of a fit, or None."""
    lines = history.settled(epochs, steps=steps)
    words = [own_word(line) for line in lines]
    if not lines or not all(words) or (history.prior is not None and history.prior.multi_label):
        return None
    # Above an equal share too: of rare classes a balanced model rightly predicts more than occur.
    usual = [np.maximum(numbers(word, "share"), 1 / history.k) for word in words]
    over = np.min([numbers(w, "probability") - u for w, u in zip(words, usual, strict=True)], axis=0)
    c = int(np.nanargmax(over)) if np.isfinite(over).any() else -1
    if c < 0 or not over[c] > beyond or _falls(history, c):
        return None
    return c if all(_taken(line, c) >= swallowed for line in lines) else None


def _falls(history: TrainingHistory, c: int) -> bool:
    """Return whether the mean probability of class c has fallen in every epoch of the stage."""
    stage = [line for line in history.lines if line.get("stage") == history.lines[-1].get("stage")]
    means = [numbers(word, "probability")[c] for line in stage if (word := own_word(line))]
    return len(means) > 2 and bool((np.diff(means) < 0).all())


def _taken(line: object, c: int) -> float:
    """Return the share of the rows of other classes that are predicted as class c."""
    word = own_word(line)  # type: ignore[arg-type]
    share, predicted, recall = (numbers(word, key)[c] for key in ("share", "predicted", "recall"))
    # From shares and recall, since the line of an epoch holds no confusion matrix.
    own = share * recall if share > 0 else 0.0
    return float((predicted - own) / max(1.0 - share, 1e-12))

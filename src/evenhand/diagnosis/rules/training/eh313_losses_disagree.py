"""EH313: two losses that pull against each other, or one that leaves nothing of the other."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.head_settings import head_options
from evenhand.diagnosis.evidence.training_history import TrainingHistory, by_model, fits, numbers
from evenhand.diagnosis.rule import Found, rule


@rule(
    "EH313", slug="losses-disagree", severity="warning", needs=("histories", "loss_terms"), after=("EH304", "EH311")
)
def check(
    evidence: Evidence,
    *,
    epochs: int = 3,
    steps: int = 20,
    cosine: float = -0.1,
    share: float = 0.1,
    pull: float = 0.5,
    unlearned: float = 0.5,
    half: float = 0.5,
    swamped: float = 0.001,
    aligned: float = 0.3,
) -> Iterator[Found]:
    """Find terms of a head's loss that pull against the main loss with one of them hardly seen, or drown it wholly.

    What it checks: the first half of the epochs after `steps` steps, `epochs` of them or more; of each, the
    cosine of the gradients of the main loss and of a term with respect to the parameters that they share, on the
    first batch. It fires where the median is at most `cosine` and one of the two is less than `share` of their sum:
    either the main loss, in value or in the norm of its gradient, while it still is at least `unlearned` of what
    guessing by the shares of classes costs; or the term in value, while its gradient is at least `pull` times as
    long as the main loss's. It also fires, whatever the cosine below `aligned`, where the main loss has less than
    `swamped` of the two in value and in gradient and is not learned. That must hold in more than `half` of a
    model's fits.

    Why it matters: a step that lowers one of them raises the other. The sum falls all the same, so that the curve
    of the loss looks healthy while what the model is scored by does not improve. Where a term is a thousand times
    the main loss, the layers that both share are trained by the term alone, and optimizers such as Adam, which
    divide by the size of gradients, hide it: the loss falls, and nothing diverges.

    What to do: lower the weight of the term (the patch: none where the term is hardly seen, a tenth where the main
    loss is drowned, and where nothing is left of it the weight at which both gradients are of one length), and
    compare both by `evenhand ablation`, with the term off as a change.

    Limits: later epochs say nothing. Where the sum is at rest, the gradients of its parts cancel, so that their
    cosines are negative in every healthy training. The cosine is that of one batch, and noise pulls it towards 0.
    Not applicable to heads without terms and to logs of other programs.

    Example: `hash, in 5 of 5 fits (first: fold 0, seed 0): cosine pulls against the main loss and drowns it: their
    gradients have a cosine of -0.41, and the main loss has 6% of the two in value and 2% in gradient (medians of
    epochs 2 to 10).`
    """
    for model, histories in by_model(evidence.histories or ()).items():
        names = dict.fromkeys(name for one in histories for line in one.lines for name in line.get("terms") or ())
        for name in names:
            found = [
                (one, hit)
                for one in histories
                if (hit := conflict(one, name, epochs, steps, cosine, share, pull, unlearned, swamped, aligned))
                is not None
            ]
            if len(found) <= half * len(histories):
                continue
            hit = found[0][1]
            weight = head_options(evidence, model).get(name)
            lower = hit.pull if hit.swamped else 10
            patched = None if weight is None else 0.0 if hit.unseen else float(f"{weight / lower:.3g}")
            yield Found(
                message=f"{fits([one for one, _ in found], histories)}: {hit.words(name)}.",
                about=f"{model} {name}",
                evidence={
                    "term": name,
                    "cosine": [one.cosine for _, one in found],
                    "pull": [one.pull for _, one in found],
                    "share": [one.share for _, one in found],
                    "blames": "loss",
                },
                patch=None if patched is None else {f"model.{model}.head_options.{name}": patched},
            )


@dataclass(frozen=True)
class Conflict:
    """A term against the main loss: medians over epochs `first` to `last`, counted from 1.

    `share` is the term's of the two in value, `unseen` whether the term is the one that is hardly seen, `swamped`
    whether nothing is left of the main loss.
    """

    cosine: float
    pull: float
    share: float
    first: int
    last: int
    unseen: bool
    swamped: bool = False

    def words(self, name: str) -> str:
        """Return what is wrong, as a sentence without its end."""
        gradient = self.pull / (1 + self.pull)
        medians = f"(medians of epochs {self.first} to {self.last})"
        if self.swamped:
            return (
                f"{name} leaves nothing of the main loss, which has {1 - self.share:.2g} of the two in value and "
                f"{1 - gradient:.2g} in gradient {medians}: the layers that both share are trained by {name} alone"
            )
        how, smaller = ("unseen", name) if self.unseen else ("and drowns it", "the main loss")
        value, steps = (self.share, gradient) if self.unseen else (1 - self.share, 1 - gradient)
        return (
            f"{name} pulls against the main loss {how}: their gradients have a cosine of {self.cosine:.2f}, and "
            f"{smaller} has {value:.0%} of the two in value and {steps:.0%} in gradient {medians}"
        )


def conflict(
    history: TrainingHistory,
    name: str,
    epochs: int,
    steps: int,
    cosine: float,
    share: float,
    pull: float,
    unlearned: float,
    swamped: float,
    aligned: float,
) -> Conflict | None:
    """Return how a term pulls against the main loss, or None where it does not."""
    # The first gradients are those of random weights: the last layer is nearly 0 then, so that hardly any of the
    # main loss's gradient passes through it. An epoch's are those of its first batch.
    began = next((at for at in range(1, len(history.lines)) if history.steps[at - 1] >= steps), len(history.lines))
    last = min(max(began + epochs, len(history.lines) // 2), len(history.lines))
    first = history.lines[began:last]
    terms = [(line.get("terms") or {}).get(name) or {} for line in first]
    figures = np.array([[_figure(one.get(word)) for word in ("cosine", "pull", "loss")] for one in terms])
    known = np.isfinite(figures).all(axis=1) if len(figures) else np.zeros(0, dtype=bool)
    if known.sum() < epochs:
        return None
    main = np.array([_figure(line.get("train_loss")) for line in first])
    angle, ratio, _ = np.median(figures[known], axis=0)
    of_term = float(np.median(_of_two(figures[known, 2], main[known])))
    unseen = of_term < share and ratio >= pull
    # A main loss that is small because it is learned is not drowned.
    unsettled = main[known][-1] >= unlearned * guessing(history)
    left = np.array([1 - of_term, 1 / (1 + ratio)])
    drowned = left.min() < share and unsettled
    # A term that pulls the same way, such as one made of the labels too, stands for the main loss.
    if left.max() < swamped and unsettled and angle < aligned:
        return Conflict(float(angle), float(ratio), of_term, began + 1, last, unseen=False, swamped=True)
    if angle > cosine or not (unseen or drowned):
        return None
    return Conflict(float(angle), float(ratio), of_term, began + 1, last, unseen=bool(unseen and not drowned))


def guessing(history: TrainingHistory) -> float:
    """Return the cross-entropy of guessing by the shares of classes, in nats; NaN where they are not known.

    Where several classes may hold, the mean over classes of that of yes or no.
    """
    sets = (history.lines[-1].get("sets") or {}) if history.lines else {}
    shares = numbers(sets.get("train"), "share")
    if not len(shares) or not np.isfinite(shares).all():
        return math.nan
    several = history.prior.multi_label if history.prior is not None else abs(shares.sum() - 1) > 1e-6
    if not several:
        return float(_entropy(shares).sum())
    return float((_entropy(shares) + _entropy(1 - shares)).mean())


def _entropy(shares: Floats) -> Floats:
    held = np.clip(shares, 1e-300, 1.0)
    return np.asarray(-held * np.log(held))


def _of_two(term: Floats, main: Floats) -> Floats:
    """Return the share of a term in the sum of its and the main loss's absolute values."""
    term, main = np.abs(term), np.abs(main)
    return np.asarray(term / np.maximum(term + main, 1e-300))


def _figure(value: float | None) -> float:
    return math.nan if value is None else float(value)

"""EH320: training and validation equally low, and something else learns more from the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from evenhand.base.values import Floats
from evenhand.curves.readings import fits_alike
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import TrainingHistory, by_model
from evenhand.diagnosis.rule import Found, rule


@rule(
    "EH320",
    slug="too-little-model",
    severity="note",
    needs=("reference",),
    after=("EH311", "EH301", "EH302", "EH303", "EH304", "EH307", "EH121"),
)
def check(evidence: Evidence, *, margin: float = 0.02, errors: float = 2.0, half: float = 0.5) -> Iterator[Found]:
    """Find models at rest that are no better on the rows they learn from, while another learns more from the same.

    What it checks: whether in more than `half` of a model's fits both losses have come to rest and accuracy (else
    loss) is nearly the same on training and validation rows, within a tenth of what is left to gain; and whether
    another model of the run, fold by fold and in at least three fits, or the floor (a small forest on trivial
    features) is better on the rows held out by more than `margin` and `errors` standard errors over the fits.

    Why it matters: neither more epochs nor more regularisation will help. More can be learned from these rows, and
    this model does not learn it.

    What to do: more or wider layers, more tuned blocks, less regularisation, larger inputs; check the
    normalisation of inputs.

    Limits: a hard problem that is learned as far as it goes has the same curves. That is why something better is
    needed to tell them apart, and why the rule is not applicable where a run has one model and no floor.

    Example: `net: training and validation are equally low (accuracy 0.412 and 0.405) and at rest, and the floor
    reaches 0.561.`
    """
    models = by_model(evidence.histories or ())
    for model, histories in models.items():
        alike = [history for history in histories if fits_alike(history.curves)]
        if len(alike) <= half * len(histories):
            continue
        others = {name: other for name, other in models.items() if name != model}
        better = _better_model(histories, others, margin, errors) or _better_floor(
            histories, evidence.floor or {}, margin, errors
        )
        if better is None:
            continue
        metric, reference, level = better
        train = [c.values[-1] for one in alike if (c := one.curves.curve("train", "accuracy")) is not None]
        held = [c.values[-1] for one in alike if (c := one.curves.curve("validation", "accuracy")) is not None]
        figures = f" (accuracy {np.mean(train):.3f} and {np.mean(held):.3f})" if train and held else ""
        yield Found(
            message=f"{model}: training and validation are equally low{figures} and at rest, and {reference} "
            f"reaches {level:.3f}{'' if metric == 'accuracy' else f' {metric}'}.",
            about=model,
            evidence={
                "metric": metric,
                "better": reference,
                "reaches": level,
                "own": float(np.mean(_finals(histories, metric))),
            },
        )


def _better_model(
    histories: Sequence[TrainingHistory],
    others: dict[str, list[TrainingHistory]],
    margin: float,
    errors: float,
) -> tuple[str, str, float] | None:
    """Return metric, name and mean of the best other model that is better fold by fold; None if there is none."""
    found = []
    for name, other in others.items():
        for metric in _metrics(histories):
            mine = dict(zip([(c.fold, c.seed) for c in histories], _finals(histories, metric), strict=True))
            theirs = dict(zip([(c.fold, c.seed) for c in other], _finals(other, metric), strict=True))
            shared = [key for key in mine if np.isfinite(mine[key]) and np.isfinite(theirs.get(key, np.nan))]
            gain = np.array([theirs[key] - mine[key] for key in shared])
            if len(gain) >= 3 and gain.mean() > margin + errors * gain.std(ddof=1) / np.sqrt(len(gain)):
                found.append((float(gain.mean()), metric, name, float(np.mean([theirs[key] for key in shared]))))
                break
    return max(found)[1:] if found else None


def _better_floor(
    histories: Sequence[TrainingHistory], floor: Mapping[str, float], margin: float, errors: float
) -> tuple[str, str, float] | None:
    """Return metric, "the floor" and its figure where it is better than the mean of the fits; else None."""
    for metric in _metrics(histories):
        finals = _finals(histories, metric)
        finals = finals[np.isfinite(finals)]
        if metric not in floor or not len(finals):
            continue
        error = finals.std(ddof=1) / np.sqrt(len(finals)) if len(finals) > 1 else 0.0
        if floor[metric] - finals.mean() > margin + errors * error:
            return metric, "the floor", float(floor[metric])
    return None


def _metrics(histories: Sequence[TrainingHistory]) -> list[str]:
    """Return the metrics to compare by: those of the rows held out that are at most 1, higher being better."""
    curves = histories[0].curves.metrics
    return [c.metric for c in curves if c.higher_is_better and c.metric != "score" and np.nanmax(c.values) <= 1]


def _finals(histories: Sequence[TrainingHistory], metric: str) -> Floats:
    """Return the best value of a metric on the rows held out, of each fit; NaN where there is none."""
    curves = [one.curves.curve("validation", metric) for one in histories]
    return np.array([c.values[c.best] if c is not None and c.best is not None else np.nan for c in curves])

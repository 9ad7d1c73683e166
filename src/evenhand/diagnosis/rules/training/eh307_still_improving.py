"""EH307: a training that ended while it was still improving."""

from __future__ import annotations

import math
from collections.abc import Iterator

from evenhand.curves.readings import still_improving
from evenhand.curves.trend import GAIN_LEARNED, GAIN_SHARE, GAIN_TIMES
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import by_model, fits
from evenhand.diagnosis.rule import Found, rule


@rule("EH307", slug="still-improving", severity="note", needs=("criterion",), after=("EH311", "EH302"))
def check(
    evidence: Evidence,
    *,
    times: float = GAIN_TIMES,
    share: float = GAIN_SHARE,
    learned: float = GAIN_LEARNED,
    half: float = 0.5,
) -> Iterator[Found]:
    """Find models most of whose fits were still improving when they ended.

    What it checks: the curve that decides how good an epoch is (what epochs are chosen by, else the loss of the
    rows held out, else the first metric), in its last quarter against the quarter before. A fit was still improving
    where the best epoch is in the last quarter, and the gain exceeds `times` its standard error (which allows for
    noise that carries over to the next epoch), `share` of what is left to gain (the loss, or 1 less the metric)
    and `learned` of all that was gained since the first epoch, half of that in the second half of the quarter. It
    fires where that holds in more than `half` of a model's fits.

    Why it matters: the figure is that of an unfinished training. Compared with a model trained to its end, it is
    too low, and the comparison says nothing about the models.

    What to do: train longer (the patch proposes half as many epochs again), or with a higher learning rate.

    Limits: not applicable with fewer than six epochs. With fewer than twelve the last epoch alone must have gained
    too, so that some trainings that improve slowly are not seen. A training that seems to rest before the learning
    rate falls is not seen. Scores that can exceed 1 or losses below 0 are not read.

    Example: `net, in 5 of 5 fits (first: fold 0, seed 0): the validation loss was still falling at the end, from
    0.842 to 0.731 over the last 5 epochs of 20.`
    """
    for model, histories in by_model(evidence.histories or ()).items():
        found = [
            (history, hit)
            for history in histories
            if (hit := still_improving(history.curves, times=times, share=share, learned=learned)) is not None
        ]
        if len(found) <= half * len(histories):
            continue
        history, (curve, gained) = found[0]
        way = "rising" if curve.higher_is_better else "falling"
        unit, last = history.curves.unit, curve.axis[-1]
        epochs = int(history.train.get("epochs") or 0)
        yield Found(
            message=f"{fits([one for one, _ in found], histories)}: the {curve.words} was still {way} at the end, "
            f"from {gained.before:.3g} to {gained.last:.3g} over the last {gained.epochs:,} {unit}s of "
            f"{last:,.0f}.",
            about=model,
            evidence={
                "curve": curve.metric,
                "before": [hit.before for _, (_, hit) in found],
                "last": [hit.last for _, (_, hit) in found],
            },
            patch={f"model.{model}.train.epochs": math.ceil(1.5 * epochs)}
            if epochs and history.stage == 0
            else None,
        )

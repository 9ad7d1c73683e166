"""EH316: loss and score that choose different epochs."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.curves.readings import CHOICE_GAIN, CHOICE_SHARE, CHOICE_TIMES, choices
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import by_model, fits
from evenhand.diagnosis.rule import Found, rule


@rule("EH316", slug="criteria-disagree", severity="note", needs=("two_criteria",), after=("EH306", "EH311"))
def check(
    evidence: Evidence, *, times: float = CHOICE_TIMES, share: float = CHOICE_SHARE, gain: float = CHOICE_GAIN
) -> Iterator[Found]:
    """Find fits in which the loss and the score choose different epochs, each clearly worse by the other.

    What it checks: the epoch with the least loss of the rows held out and the one with the best score (what epochs
    are chosen by, else the first metric), single outliers removed. It fires where the loss at the epoch of the
    score is higher than its least by `times` the standard deviation of its noise and by `share` of it, and the
    score at the epoch of the loss is worse by `times` its noise and by `gain` of its shortfall from 1.

    Why it matters: which epoch is kept is then a decision about what the model is for. By score it classifies
    better; by loss its probabilities are better, and blends, calibration and thresholds work on probabilities.

    What to do: keep the epoch by what is asked for (train.choose_by = "score" or "loss"). If both count, calibrate
    the probabilities of the epoch with the better score, or regularise until both agree.

    Limits: not applicable with fewer than six epochs, or without a second metric.

    Example: `net, fold 0, seed 0: the loss is least in epoch 12 (1.11; macro_f1 0.580) and macro_f1 best in epoch
    34 (0.652; loss 1.43).`
    """
    for model, histories in by_model(evidence.histories or ()).items():
        found = [
            (history, hit)
            for history in histories
            if (hit := choices(history.curves, times=times, share=share, gain=gain)) is not None
        ]
        if not found:
            continue
        history, one = found[0]
        when = history.curves.when
        yield Found(
            message=f"{fits([history for history, _ in found], histories)}: the loss is least in "
            f"{when(one.loss_at)} ({one.losses[0]:.3g}; {one.metric} {one.values[0]:.3f}) and {one.metric} best in "
            f"{when(one.metric_at)} ({one.values[1]:.3f}; loss {one.losses[1]:.3g}).",
            about=model,
            evidence={
                "by_loss": [hit.loss_at for _, hit in found],
                "by_metric": [hit.metric_at for _, hit in found],
                "metric": one.metric,
            },
        )

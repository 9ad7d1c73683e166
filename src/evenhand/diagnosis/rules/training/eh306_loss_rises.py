"""EH306: a validation loss that rises while the training loss does not."""

from __future__ import annotations

from collections.abc import Iterator

from evenhand.curves.fit_curves import FitCurves
from evenhand.curves.readings import loss_rise
from evenhand.curves.trend import RISE_AFTER, RISE_SHARE, RISE_TIMES, Rise
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.evidence.training_history import by_model, fits
from evenhand.diagnosis.rule import Found, rule


@rule("EH306", slug="loss-rises", severity="note", needs=("losses_held_out",), after=("EH311",))
def check(
    evidence: Evidence,
    *,
    times: float = RISE_TIMES,
    share: float = RISE_SHARE,
    after: int = RISE_AFTER,
    costly: float = 0.1,
) -> Iterator[Found]:
    """Find fits whose validation loss rises for good while the training loss does not: overfitting.

    What it checks: the loss of the rows held out, at the end of the training against its least value, single
    outliers removed. It fires where the loss rose by more than `times` the standard deviation of its noise
    (estimated from the third differences of the curve), by more than `share` of its least value and two fifths of
    `share` of what was learned before, and the least value is `after` epochs or more before the end. Of several
    stages, the last is read. It is a warning where the weights that were kept are from after the rise and their
    loss is more than `costly` of the least higher; else a note, since only time was lost.

    Why it matters: from that epoch on the model grows surer of its mistakes. Its accuracy may still creep up, but
    its probabilities become too extreme.

    What to do: stop there (train.early_stop with choose_by = "loss"), or regularise: weight decay, dropout,
    augmentation, fewer tuned blocks, more data. Where accuracy matters alone, keep the epoch and calibrate the
    probabilities.

    Limits: not applicable with fewer than six epochs. A slow rise within the noise of few validation rows is not
    seen. A loss that rises together with the training loss diverges, which is not this fault.

    Example: `net, fold 0, seed 0: the validation loss rises after epoch 27, from 0.912 to 1.31 in the last epochs
    (+44%). The weights kept are from epoch 60.`
    """
    for model, histories in by_model(evidence.histories or ()).items():
        found = [
            (history, hit)
            for history in histories
            if (hit := loss_rise(history.curves, times=times, share=share, after=after)) is not None
        ]
        if not found:
            continue
        history, first = found[0]
        curves = history.curves
        late = [one for one, hit in found if _kept_late(one.curves, hit, costly)]
        kept = f" The weights kept are from epoch {curves.kept:g}." if curves.kept else ""
        yield Found(
            message=f"{fits([one for one, _ in found], histories)}: the {curves.held_out} loss rises after "
            f"{curves.when(first.at)}, from {first.low:.3g} to {first.last:.3g} in the last {curves.unit}s "
            f"(+{first.share:.0%}).{kept}",
            about=model,
            evidence={
                "after": [hit.at for _, hit in found],
                "least": [hit.low for _, hit in found],
                "last": [hit.last for _, hit in found],
                "kept": [one.curves.kept for one, _ in found],
            },
            severity="warning" if late else None,
            patch={f"model.{model}.train.choose_by": "loss"} if late and history.log is None else None,
        )


def _kept_late(curves: FitCurves, found: Rise, costly: float) -> bool:
    """Return whether the weights kept are from after the rise, at a loss `costly` higher than the least."""
    if curves.kept is None or curves.loss is None or curves.kept <= found.at:
        return False
    return curves.loss.value_at(curves.kept) > found.low + costly * abs(found.low)

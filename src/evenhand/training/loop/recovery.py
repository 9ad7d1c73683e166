"""What is done about an alarm: nothing, an end, or a softer training from weights of before it began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.training.loop.fit_spec import softened
from evenhand.training.monitor.monitor import Alarm, Monitor
from evenhand.training.optim.weight_averaging import put

if TYPE_CHECKING:
    from evenhand.training.loop.fit_state import FitState

BROKEN = "EH311"
"""Code of an alarm after which the live weights are of no use."""


def watch_over(run: FitState, guard: Monitor) -> None:
    """Look at the epoch that was fitted last, and act on what is wrong with it."""
    new = guard.raised(run.lines)
    if not guard.standing:
        guard.hold(run.epoch, run.trained)
    for alarm in new:
        guard.told(alarm, act_on(run, guard, alarm))
        if run.lines[-1].get("mended"):
            guard.standing = set()
            return


def act_on(run: FitState, guard: Monitor, alarm: Alarm) -> str:
    """Act on an alarm, and return what was done in words."""
    if guard.act == "fix" and guard.fixes < guard.most_fixes:
        mended = _mend(run, guard, alarm)
        if mended:
            guard.fixes += 1
            run.lines[-1]["mended"] = mended
            return f"{mended[0].upper()}{mended[1:]}."
    if guard.act == "stop" or alarm["code"] == BROKEN:
        guard.stopped = True
        return "The training was stopped; the best weights so far are kept."
    return "The training goes on."


def _mend(run: FitState, guard: Monitor, alarm: Alarm) -> str | None:
    """Soften what is to blame and go back; return what was done, or None where nothing can be."""
    if alarm["evidence"].get("blames") == "balance":
        if guard.softened or not any(stage.softer for stage in run.spec.stages):
            return None
        guard.softened, run.spec, run.best = True, softened(run.spec), None
        says = "the corrections for skew were softened to an exponent of 1"
    else:
        guard.rate_share /= 2
        says = f"the learning rate was lowered to {guard.rate_share:g} of what was set"
    epoch = guard.back_to(alarm)
    if epoch is not None:
        put(run.trained, guard.held[epoch])
    run.start_over()
    began = "it began with" if epoch is None or epoch < 0 else f"after epoch {epoch}"
    return f"{says}, and the training goes on from the weights {began}"

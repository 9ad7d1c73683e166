"""Response to an alarm: report it, stop, or resume softer from weights saved before it began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.training.loop.fit_spec import softened
from evenhand.training.monitor.monitor import Alarm, Monitor
from evenhand.training.optim.weight_averaging import copy_into

if TYPE_CHECKING:
    from evenhand.training.loop.fit_state import FitState

BROKEN = "EH311"
"""Code of the alarm that the loss is not finite, after which the live weights are useless."""


def apply_monitor(state: FitState, monitor: Monitor) -> None:
    """Check the last epoch, and respond to new alarms."""
    new = monitor.new_alarms(state.lines)
    # Weights of an epoch with an alarm are no place to go back to; `new_alarms` has just updated `standing`.
    if not monitor.standing:
        monitor.keep_weights(state.epoch, state.trained)
    for alarm in new:
        monitor.record(alarm, respond_to(state, monitor, alarm))
        if state.lines[-1].get("recovery"):
            monitor.standing = set()  # the weights are older now: other alarms of this epoch are void
            return


def respond_to(state: FitState, monitor: Monitor, alarm: Alarm) -> str:
    """Respond to an alarm, and return a sentence about the action."""
    if monitor.act == "fix" and monitor.fixes < monitor.most_fixes:
        fixed = _fix(state, monitor, alarm)
        if fixed:
            monitor.fixes += 1
            state.lines[-1]["recovery"] = fixed
            return f"{fixed[0].upper()}{fixed[1:]}."
    if monitor.act == "stop" or alarm["code"] == BROKEN:
        monitor.stopped = True
        return "Training was stopped; the best weights so far are kept."
    return "Training continues."


def _fix(state: FitState, monitor: Monitor, alarm: Alarm) -> str | None:
    """Soften the cause of an alarm and go back to earlier weights; return the action, or None if there is none."""
    if alarm["evidence"].get("blames") == "balance":
        if monitor.softened or not any(stage.softer for stage in state.spec.stages):
            return None
        # The best weights stood for another prior and another loss; their values do not compare with those to
        # come.
        monitor.softened, state.spec, state.best = True, softened(state.spec), None
        done = "the corrections for skew were softened to an exponent of 1"
    else:
        monitor.learning_rate_factor /= 2
        done = f"the learning rate was lowered to {monitor.learning_rate_factor:g} of what was set"
    epoch = monitor.back_to(alarm)
    if epoch is not None:
        copy_into(state.trained, monitor.held[epoch])
    # Momenta and the moving average describe the weights that were given up.
    state.reset_optimizer()
    since = "it began with" if epoch is None or epoch < 0 else f"after epoch {epoch + 1}"
    return f"{done}, and training resumes from the weights {since}"

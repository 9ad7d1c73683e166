"""The monitor of a fit: checks every epoch, and records alarms.

The checks are passed in (`evenhand.diagnosis.live_checks` in a run); the response to an alarm is in
`training.loop.recovery`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from evenhand.training.optim.weight_averaging import Weights, cloned

Alarm = dict[str, Any]
"""A finding as plain values: code, severity, message, about, evidence, patch; then `epoch` and `action`."""
Check = Callable[[Sequence[dict[str, Any]]], list[Alarm]]
"""The epoch lines so far -> what is wrong with the fit now, causes first."""
Act = Literal["warn", "stop", "fix"]


def _ignore(alarm: Alarm) -> None:
    """Report to nobody."""


@dataclass(eq=False)
class Monitor:
    """Monitors one fit.

    Attributes
    ----------
    check
        Finds what is wrong.
    act
        Response to an alarm: "warn" reports it, "stop" ends the fit with its best weights, "fix" softens the cause
        and resumes from the last weights before it.
    report
        Called with every new alarm.
    most_fixes
        Most fixes of a fit; after that, alarms are reported only.
    alarms
        Alarms so far.
    standing
        Codes of alarms that hold now and were reported.
    fixes
        Number of fixes so far.
    softened
        Whether corrections for skew were softened.
    learning_rate_factor
        Factor on the learning rate; each fix of a cause other than balance halves it.
    stopped
        Whether the fit is to end.
    look_back
        Epochs that an alarm without `since` is taken to reach back.
    held
        Epoch -> weights at its end, for the last `look_back` epochs without an alarm; -1 for the initial ones.
        Empty unless `act` is "fix".
    """

    check: Check
    act: Act = "warn"
    report: Callable[[Alarm], None] = _ignore
    most_fixes: int = 3
    alarms: list[Alarm] = field(default_factory=list)
    standing: set[str] = field(default_factory=set)
    fixes: int = 0
    softened: bool = False
    learning_rate_factor: float = 1.0
    stopped: bool = False
    look_back: int = 3
    held: dict[int, Weights] = field(default_factory=dict)

    def keep_weights(self, epoch: int, live: Weights) -> None:
        """Keep a copy of the weights at the end of an epoch, where a fix may go back to them."""
        if self.act != "fix":
            return
        self.held[epoch] = cloned(live)
        for old in sorted(self.held)[1 : -self.look_back]:  # the first ones are the last resort, and stay
            del self.held[old]

    def back_to(self, alarm: Alarm) -> int | None:
        """Return the last epoch with weights from before the cause of an alarm, and drop later ones; None for none.

        Most rules need two epochs or more to be certain, so the last epoch without an alarm may be affected
        already.
        """
        since = alarm["evidence"].get("since")
        since = alarm["epoch"] - self.look_back + 1 if since is None else since
        found = [epoch for epoch in sorted(self.held) if epoch < since] or sorted(self.held)[:1]
        # later weights belong to the course that is given up
        self.held = {epoch: self.held[epoch] for epoch in found}
        return found[-1] if found else None

    def new_alarms(self, lines: Sequence[dict[str, Any]]) -> list[Alarm]:
        """Return the alarms that the last line raised."""
        found = self.check(lines)
        new = [{**alarm, "epoch": lines[-1]["epoch"]} for alarm in found if alarm["code"] not in self.standing]
        self.standing = {alarm["code"] for alarm in found}
        return new

    def record(self, alarm: Alarm, action: str) -> None:
        """Record and report an alarm and the action taken."""
        alarm = {**alarm, "action": action}
        self.alarms.append(alarm)
        self.report(alarm)

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs: tensors and plain values."""
        return {
            "alarms": self.alarms,
            "standing": sorted(self.standing),
            "fixes": self.fixes,
            "softened": self.softened,
            "rate_share": self.learning_rate_factor,
            "stopped": self.stopped,
            "held": self.held,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what `state_dict` returned."""
        renamed = {"rate_share": "learning_rate_factor"}  # keys of state.pt stay: an update must not lose a fit
        for name, value in state.items():
            setattr(self, renamed.get(name, name), set(value) if name == "standing" else value)

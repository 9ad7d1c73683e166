"""The guard of a fit: somebody who looks at every epoch, and what is done when something is wrong.

Who looks is passed in from above (`evenhand.diagnosis.live_checks` in a run). What is done about it is here:
report, stop, or fix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from evenhand.training.optim.weight_averaging import Weights, copied

Alarm = dict[str, Any]
"""What is wrong, as plain values: code, severity, says, about, evidence, patch; then epoch, and what was done."""
Look = Callable[[Sequence[dict[str, Any]]], list[Alarm]]
"""The lines of a fit so far -> what is wrong with it now, causes first."""
Act = Literal["warn", "stop", "fix"]


def _unheard(alarm: Alarm) -> None:
    """Tell nobody."""


@dataclass(eq=False)
class Monitor:
    """Watches one fit.

    Attributes
    ----------
    look
        Finds what is wrong.
    act
        What is done about it: "warn" tells it, "stop" ends the fit with its best weights, "fix" softens what is to
        blame and goes on from the last weights before it began.
    tell
        Told every alarm as it is raised.
    most_fixes
        How often a fit is mended; after that, alarms are told.
    alarms
        What was raised so far.
    standing
        Codes of what is wrong now; they were told already.
    fixes
        How often the fit was mended.
    softened
        Whether the skew's corrections were softened.
    rate_share
        What is left of the learning rate.
    stopped
        Whether the fit is to end.
    look_back
        Most epochs that an alarm may need to be sure, where it does not say since when.
    held
        Epoch -> the weights at its end, of the last `look_back` epochs in which nothing was told; under -1 those
        that the fit began with. Kept where they may be needed.
    """

    look: Look
    act: Act = "warn"
    tell: Callable[[Alarm], None] = _unheard
    most_fixes: int = 3
    alarms: list[Alarm] = field(default_factory=list)
    standing: set[str] = field(default_factory=set)
    fixes: int = 0
    softened: bool = False
    rate_share: float = 1.0
    stopped: bool = False
    look_back: int = 3
    held: dict[int, Weights] = field(default_factory=dict)

    def hold(self, epoch: int, live: Weights) -> None:
        """Keep a copy of the weights at the end of an epoch, where they may be gone back to."""
        if self.act != "fix":
            return
        self.held[epoch] = copied(live)
        for old in sorted(self.held)[1 : -self.look_back]:
            del self.held[old]

    def back_to(self, alarm: Alarm) -> int | None:
        """Return the last held epoch from before what an alarm tells of, and forget later ones; None for none.

        Most rules need two epochs or more to be sure, so the last epoch without an alarm may be ill already.
        """
        since = alarm["evidence"].get("since")
        since = alarm["epoch"] - self.look_back + 1 if since is None else since
        found = [epoch for epoch in sorted(self.held) if epoch < since] or sorted(self.held)[:1]
        self.held = {epoch: self.held[epoch] for epoch in found}
        return found[-1] if found else None

    def raised(self, lines: Sequence[dict[str, Any]]) -> list[Alarm]:
        """Return what is newly wrong after the last line."""
        found = self.look(lines)
        new = [{**alarm, "epoch": lines[-1]["epoch"]} for alarm in found if alarm["code"] not in self.standing]
        self.standing = {alarm["code"] for alarm in found}
        return new

    def told(self, alarm: Alarm, did: str) -> None:
        """Note an alarm and what was done about it, and tell it."""
        alarm = {**alarm, "did": did}
        self.alarms.append(alarm)
        self.tell(alarm)

    def state(self) -> dict[str, Any]:
        """Return what `load` needs: tensors and plain values."""
        return {
            "alarms": self.alarms,
            "standing": sorted(self.standing),
            "fixes": self.fixes,
            "softened": self.softened,
            "rate_share": self.rate_share,
            "stopped": self.stopped,
            "held": self.held,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        for name, value in state.items():
            setattr(self, name, set(value) if name == "standing" else value)

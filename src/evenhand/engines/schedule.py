"""Which call runs next, and where: a queue of calls for places that share devices. Starts no process."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Remedy = Literal["", "alone", "alone here", "fresh"]
"""How a failed call may succeed: not at all; alone on its device; alone among all calls; in a new process."""

MAX_TRIES = 2
_MAX_STRIKES = 2


@dataclass(frozen=True)
class _Running:
    call: int
    alone: Remedy = ""


class Schedule:
    """Calls that wait, run and are tried again.

    A place runs one call at a time; places of one device share its memory. Calls are taken in their order. A call
    that ran out of memory is tried again alone, after all others, and its device takes one call fewer at a time
    from then on. A call that broke its process is tried again next, on another device where there is one: that
    tells a broken call from a broken device, which is left out after two calls that succeeded elsewhere.

    Parameters
    ----------
    calls
        Number of calls.
    devices
        Device of each place; places of an equal one share its memory.
    """

    def __init__(self, calls: int, devices: Sequence[str]) -> None:
        self._devices = tuple(devices)
        self._waiting = deque(range(calls))
        self._alone: deque[tuple[int, Remedy, str]] = deque()
        self._running: dict[int, _Running] = {}
        self._tries: Counter[int] = Counter()
        self._most = Counter(devices)
        self._failed_on: dict[int, str] = {}
        self._strikes: Counter[str] = Counter()

    @property
    def excluded(self) -> frozenset[str]:
        """Devices that are not used any more."""
        return frozenset(device for device, strikes in self._strikes.items() if strikes >= _MAX_STRIKES)

    def take(self, place: int) -> int | None:
        """Return the call that a free place shall run now, and count it as running; None if there is none."""
        found = self._next(place)
        if found is None:
            return None
        self._running[place] = found
        self._tries[found.call] += 1
        return found.call

    def is_retry(self, call: int) -> bool:
        """Whether a running call failed before; it then needs a process that holds no memory of other calls."""
        return self._tries[call] > 1

    def succeeded(self, place: int) -> bool:
        """Count the call of a place as done; returns whether that excludes the device on which it failed before."""
        call = self._running.pop(place).call
        before = self._failed_on.get(call, self._devices[place])
        if before == self._devices[place] or before in self.excluded or len(self._usable) < 2:
            return False
        self._strikes[before] += 1
        return before in self.excluded

    def failed(self, place: int, remedy: Remedy) -> bool:
        """Count the call of a place as failed; returns whether it is tried again."""
        call, device = self._running.pop(place).call, self._devices[place]
        if not remedy or self._tries[call] >= MAX_TRIES:
            return False
        if remedy == "fresh":
            self._failed_on[call] = device
            self._waiting.appendleft(call)  # next: a call that breaks processes is found out early
            return True
        if remedy == "alone":
            self._most[device] = max(1, min(self._most[device], self._busy(device)))
        self._alone.append((call, remedy, device))
        return True

    def _next(self, place: int) -> _Running | None:
        device = self._devices[place]
        if device in self.excluded or self._is_reserved(device) or self._busy(device) >= self._most[device]:
            return None
        elsewhere = self._usable - {device}
        for call in self._waiting:
            if self._failed_on.get(call) != device or not elsewhere:
                self._waiting.remove(call)
                return _Running(call)
        if self._waiting:
            return None
        for one in self._alone:
            call, remedy, failed_on = one
            apart = not (self._busy(device) if remedy == "alone" else self._running)
            if apart and (remedy != "alone" or failed_on == device or failed_on in self.excluded):
                self._alone.remove(one)
                return _Running(call, remedy)
        return None

    @property
    def _usable(self) -> set[str]:
        return set(self._devices) - self.excluded

    def _busy(self, device: str) -> int:
        return sum(self._devices[place] == device for place in self._running)

    def _is_reserved(self, device: str) -> bool:
        """Whether a call runs alone, here or on this device."""
        return any(
            running.alone == "alone here" or (running.alone == "alone" and self._devices[place] == device)
            for place, running in self._running.items()
        )

"""Which cards worker processes compute on: each sees one, through `CUDA_VISIBLE_DEVICES`. No torch here."""

from __future__ import annotations

import contextlib
import ctypes
import platform
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
PLACED = "EVENHAND_PLACED_DEVICE"
"""Environment variable of a worker: the device that it computes on, as the user knows it (cuda:1)."""

_FORMS = (re.compile(r"[0-9]+"), re.compile(r"GPU-.+"), re.compile(r"MIG-.+"))


@dataclass(frozen=True)
class Place:
    """What one worker process computes on.

    Attributes
    ----------
    device
        As in `compute.device`; "" if the process decides by itself. Places of an equal device share its memory.
    environment
        Variables of the process.
    """

    device: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Placement:
    """The worker processes of some calls.

    Attributes
    ----------
    workers
        Their number; 0 if the calling process runs the calls itself.
    places
        What each computes on; empty if none is placed.
    """

    workers: int
    places: tuple[Place, ...] = ()

    @property
    def devices(self) -> tuple[str, ...]:
        """Device of each worker."""
        return tuple(place.device for place in self.places) or ("",) * self.workers


def deal(devices: Sequence[Place], per_device: int, calls: int) -> Placement:
    """Return places for a number of calls: every device gets one before any gets a second one.

    >>> found = deal([Place("cuda:0"), Place("cuda:1"), Place("cuda:2")], per_device=2, calls=5)
    >>> found.workers, found.devices
    (5, ('cuda:0', 'cuda:1', 'cuda:2', 'cuda:0', 'cuda:1'))
    """
    workers = min(calls, per_device * len(devices))
    return Placement(workers, tuple(devices[place % len(devices)] for place in range(workers)))


def visible_cards(environment: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the cards that `CUDA_VISIBLE_DEVICES` shows, in CUDA's order; None if it is not set.

    As CUDA reads it: numbers, or UUIDs, or names of MIG instances; what follows the first entry that is none of the
    kind of the first, such as -1, is ignored; repeated entries show no card at all.

    >>> [visible_cards({"CUDA_VISIBLE_DEVICES": cards}) for cards in ("2,0", "")], visible_cards({})
    ([('2', '0'), ()], None)
    """
    if VISIBLE not in environment:
        return None
    entries = [entry.strip() for entry in environment[VISIBLE].split(",")]
    form = next((form for form in _FORMS if form.fullmatch(entries[0])), None)
    found = tuple(_until_other(entries, form)) if form else ()
    return found if len(set(found)) == len(found) else ()


def _until_other(entries: Sequence[str], form: re.Pattern[str]) -> Iterator[str]:
    for entry in entries:
        if not form.fullmatch(entry):
            return
        yield entry


def card_place(index: int, visible: Sequence[str] | None) -> Place:
    """Return the place on `cuda:index` of a process that sees the cards `visible` (None: all).

    Raises
    ------
    IndexError
        If it does not see as many.
    """
    entry = str(index) if visible is None else visible[index]
    return Place(f"cuda:{index}", {VISIBLE: entry, PLACED: f"cuda:{index}"})


def passed_over_text(faults: Sequence[str], instead: str) -> str:
    """Return a sentence about devices that are not used, and what is used instead; "" without faults.

    >>> passed_over_text(["cuda:0: a convolution fails on it"], "the CPU")
    'cuda:0: a convolution fails on it. Training uses the CPU (evenhand env shows the devices).'
    """
    return f"{'; '.join(faults)}. Training uses {instead} (evenhand env shows the devices)." if faults else ""


def has_driver() -> bool:
    """Whether this machine may have a GPU that torch can use; found without torch, whose import takes seconds."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    with contextlib.suppress(metadata.PackageNotFoundError):
        if metadata.version("torch").endswith("+cpu"):
            return False
    with contextlib.suppress(OSError):
        ctypes.CDLL("libcuda.so.1")
        return True
    return Path("/dev/kfd").exists()  # AMD's

"""What all benchmarks share: measuring in turns, ratios of paired rounds, tables.

Everything that is compared is measured in one run, in turns (A B A B …), so that whatever else the machine does
meets all alike. Ratios are formed within a round and their median is given, with the lowest and the highest.
"""

from __future__ import annotations

import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from evenhand.engines.process import SETTINGS

T = TypeVar("T")


def as_a_worker() -> None:
    """Start the script anew with the environment that worker processes have; libraries read it when they load."""
    if any(name not in os.environ for name in SETTINGS):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**SETTINGS, **os.environ})


class Spent(NamedTuple):
    """Seconds by the clock, and seconds of processor time of all threads of this process and its dead children."""

    wall: float
    cpu: float


class Ratio(NamedTuple):
    """The median of ratios of paired rounds, with the lowest and the highest."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def spent(work: Callable[[], object]) -> Spent:
    """Return what a piece of work takes."""
    wall, cpu = time.perf_counter(), processor_time()
    work()
    return Spent(time.perf_counter() - wall, processor_time() - cpu)


def processor_time() -> float:
    """Return the seconds of processor time that this process and its finished children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def in_turns(works: Mapping[str, Callable[[int], T]], rounds: int, *, warm: bool = True) -> dict[str, list[T]]:
    """Return what each work returned in each round; a round does every work once.

    Parameters
    ----------
    works
        Name -> function of the number of the round; -1 is a round before the first that does not count.
    """
    found: dict[str, list[T]] = {name: [] for name in works}
    for number in range(-1 if warm else 0, rounds):
        for name, work in works.items():
            value = work(number)
            if number >= 0:
                found[name].append(value)
            say(f"  round {number + 1} of {rounds}: {name}")
    say("")
    return found


def say(text: str) -> None:
    """Show how far it is, where somebody looks."""
    if sys.stderr.isatty():
        print(f"{text:<72}", end="\r", flush=True, file=sys.stderr)


def ratio(above: Sequence[float], below: Sequence[float]) -> Ratio:
    """Return the ratio of paired figures.

    >>> str(ratio([2.0, 3.0, 4.0], [1.0, 1.0, 1.0]))
    '3.00 (2.00 to 4.00)'
    """
    ratios = [a / b for a, b in zip(above, below, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def ratios(above: Sequence[Spent], below: Sequence[Spent]) -> tuple[Ratio, Ratio]:
    """Return the ratios by the clock and by processor time."""
    clock = ratio([one.wall for one in above], [one.wall for one in below])
    return clock, ratio([one.cpu for one in above], [one.cpu for one in below])


def rate(count: int, every: Sequence[Spent]) -> str:
    """Return things a second of processor time, in words."""
    return f"{count / statistics.median(one.cpu for one in every):,.0f}"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table.

    >>> print(table(["a", "b"], [[1, 2]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "|" + "|".join(line) + "|" if line[0] == "---" else "| " + " | ".join(map(str, line)) + " |"
        for line in lines
    )


def verdict(found: float, limit: float, *, at_least: bool = False) -> str:
    """Return whether a target is met, in words.

    >>> verdict(1.02, 1.05), verdict(6.0, 8.0, at_least=True)
    ('at most 1.05: met', 'at least 8: MISSED')
    """
    met = found >= limit if at_least else found <= limit
    return f"at {'least' if at_least else 'most'} {limit:g}: {'met' if met else 'MISSED'}"


def machine() -> str:
    """Return a line about the machine and how busy it was, in generic words."""
    cores, load = os.cpu_count(), os.getloadavg()[0]
    python = platform.python_version()
    return (
        f"{platform.system()} {platform.machine()}, {cores} cores, load {load:.1f} when it began, Python {python}"
    )

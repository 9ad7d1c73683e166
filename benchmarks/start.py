"""How long the shell takes to start (`evenhand --help` beside a bare `python -c pass`), and a worker its imports.

python benchmarks/start.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import timing

KINDS = ("beats", "pairs", "photos")
_TASK = """
from evenhand.evaluation.metrics.metric_names import METRICS
from evenhand.modalities import KINDS
from evenhand.modalities.torch_half import torch_half
import evenhand.training.tasks.fit_fold
METRICS.names()
torch_half(KINDS.get({kind!r}))
"""
SPARE = 0.3
"""Seconds that the target allows besides three times a bare start."""


def commands() -> dict[str, list[str]]:
    """Return what is started, by name."""
    script = Path(sys.executable).with_name("evenhand")
    shell = [str(script)] if script.exists() else [sys.executable, "-m", "evenhand"]
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        'python -c "import evenhand"': [sys.executable, "-c", "import evenhand"],
        "evenhand --help": [*shell, "--help"],
        'python -c "import torch"': [sys.executable, "-c", "import torch"],
        **{f"imports of a worker, {kind}": [sys.executable, "-c", _TASK.format(kind=kind)] for kind in KINDS},
        "imports of a worker, photos, timm": [sys.executable, "-c", _TASK.format(kind="photos") + "import timm"],
    }


def started(command: list[str]) -> timing.Spent:
    """Return what a command takes from start to end."""
    return timing.spent(
        lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    )


def measure(rounds: int) -> dict[str, list[timing.Spent]]:
    """Return what each command took, a round each."""

    def by(command: list[str]) -> Callable[[int], timing.Spent]:
        return lambda turn: started(command)

    return timing.in_turns({name: by(command) for name, command in commands().items()}, rounds)


def show(found: dict[str, list[timing.Spent]]) -> None:
    """Print a table; what is allowed is formed within each round."""
    bare = found["python -c pass"]
    rows = []
    for name, every in found.items():
        target = ""
        if name == "evenhand --help":
            words = [over(every, bare, of) for of in ("wall", "cpu")]
            target = f"at most 3 x bare + 300 ms: by the clock {words[0]}, by processor time {words[1]}"
        clock, cpu = (1000 * statistics.median(getattr(one, of) for one in every) for of in ("wall", "cpu"))
        rows.append([f"`{name}`", f"{clock:.0f}", f"{cpu:.0f}", target])
    print("\n" + timing.table(["command", "ms by the clock", "ms of processor time", "target"], rows))


def over(every: list[timing.Spent], bare: list[timing.Spent], of: str) -> str:
    """Return by how much a start is within what is allowed, in words."""
    pairs = zip(every, bare, strict=True)
    ms = 1000 * statistics.median(getattr(one, of) - 3 * getattr(least, of) - SPARE for one, least in pairs)
    return f"{'met' if ms <= 0 else 'MISSED'} by {abs(ms):.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    print(timing.machine())
    show(measure(asked.rounds))


if __name__ == "__main__":
    main()

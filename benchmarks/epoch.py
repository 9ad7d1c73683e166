"""One epoch of ours beside a bare torch loop, and beside Lightning, skorch and fastai on the same work.

    python benchmarks/epoch.py [--peers FOLDER] [--rows 1536] [--epochs 4] [--rounds 5] [--threads 1]

An epoch trains on every row once and judges the held-out rows. The model, the optimizer (AdamW, fused), the
batches (64 rows) and the numbers are the same for all. Ours and the bare loop begin with uint8 pictures and make
floats of each batch; the peers, and a second bare loop, get floats that are ready. The first epoch of every fit
is left out (it has what is set up once). Processor time is with one thread
what the clock would show on a machine with nothing else to do, and is what targets are held against. Peers are
measured by `epoch_peers.py` in the environment that `peers.py` makes; without it they are left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import peers
import timing
import torch
from epoch_work import Work, works

OWN = ("ours", "bare loop", "bare loop, floats ready")
PEERS = ("Lightning", "skorch", "fastai")


@dataclass
class Fitted:
    """What a fit took: (clock, processor) seconds of each epoch but the first, and the accuracy after the last."""

    epochs: list[tuple[float, float]]
    accuracy: float

    @property
    def epoch(self) -> timing.Spent:
        """The median epoch."""
        return timing.Spent(*(statistics.median(of) for of in zip(*self.epochs, strict=True)))


@dataclass
class Server:
    """A process that fits with one tool when asked, so that importing it is not measured."""

    tool: str
    python: Path
    script: str
    flags: list[str]
    process: Any = field(default=None, repr=False)

    def __enter__(self) -> Server:
        pipe, script = subprocess.PIPE, Path(__file__).with_name(self.script)
        command = [self.python, script, self.tool, *self.flags]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        return self

    def fit(self, work: int, seed: int) -> Fitted:
        """Return what a fit of a work, by its number, took."""
        self.process.stdin.write(json.dumps({"work": work, "seed": seed}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.tool} gave no answer; try {self.python} benchmarks/{self.script} by hand.")
        return Fitted(**json.loads(line))

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def servers(flags: list[str], peers_python: Path | None) -> list[Server]:
    """Return a server for each tool."""
    own = [Server(tool, Path(sys.executable), "epoch_own.py", flags) for tool in OWN]
    if peers_python is None:
        return own
    return own + [Server(tool, peers_python, "epoch_peers.py", flags) for tool in PEERS]


def measure(number: int, rounds: int, tools: Mapping[str, Server]) -> dict[str, list[Fitted]]:
    """Return the fits of a work by every tool, a round each; the number of the round is the seed."""

    def by(server: Server) -> Callable[[int], Fitted]:
        return lambda turn: server.fit(number, turn + 1)

    return timing.in_turns({name: by(server) for name, server in tools.items()}, rounds)


def show(work: Work, found: Mapping[str, list[Fitted]]) -> None:
    """Print a table: milliseconds of an epoch, ours as a share of each, accuracy."""
    print(f"\n{work.name}: {len(work.x):,} rows, {len(work.judged_x):,} judged, {work.epochs} epochs\n")
    head = [
        "tool",
        "ms per epoch",
        "of processor time",
        "ours by it, by the clock",
        "by processor time",
        "accuracy",
        "target",
    ]
    print(timing.table(head, [line(name, fits, found["ours"]) for name, fits in found.items()]))


def line(name: str, fits: list[Fitted], mine: list[Fitted]) -> list[object]:
    """Return the line of a tool."""
    epochs = [fit.epoch for fit in fits]
    both = [f"{1000 * statistics.median(of):.0f}" for of in zip(*epochs, strict=True)]
    accuracy = f"{statistics.mean(fit.accuracy for fit in fits):.3f}"
    if name == "ours":
        return [name, *both, "", "", accuracy, ""]
    clock, processor = timing.ratios([fit.epoch for fit in mine], epochs)
    limit = {"bare loop": 1.05, "bare loop, floats ready": None}.get(name, 1.0)
    target = "" if limit is None else timing.verdict(processor.median, limit)
    return [name, *both, clock, processor, accuracy, target]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", help=f"folder made by peers.py; else ${peers.VARIABLE}")
    for name, value in {"rows": 1536, "epochs": 4, "rounds": 5, "threads": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    print(f"{timing.machine()}, torch {torch.__version__}, {asked.threads} thread(s)")
    python = peers.found(asked.peers)
    if python is None:
        print(f"No peers: make them by benchmarks/peers.py --make FOLDER, and name the folder in {peers.VARIABLE}.")
    flags = [f"--{name}={getattr(asked, name)}" for name in ("rows", "epochs", "threads")]
    with ExitStack() as stack:
        tools = {server.tool: stack.enter_context(server) for server in servers(flags, python)}
        for number, work in enumerate(works(asked.rows, asked.epochs)):
            show(work, measure(number, asked.rounds, tools))


if __name__ == "__main__":
    main()

"""Runs that are killed at any moment, again and again: the same command ends with the same bits."""

from __future__ import annotations

import os
import random

import pytest

from evenhand.base.storage.record import records

from .client import Commands
from .runs import CONFIGURATIONS, Runs, spread

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("interruptions")]
FULL = os.environ.get("EVENHAND_TESTS") == "full"
KILLS = 160 if FULL else 4
OF_WORKERS = 40 if FULL else 1
SECONDS_OF_WORKERS = 12.0


def storm(runs: Runs, commands: Commands, name: str, chance: random.Random, share: float) -> None:
    """Kill a run at that share of its operations on files, or of its time, and once more or not, before it ends."""
    runs.clear()
    while True:
        if commands.library is not None and chance.random() < 0.75:
            operation = max(1, int(share * runs.operations(name)))
            done = commands.call(*runs.arguments(name), below=runs.disk, operation=operation)
        else:
            done = commands.call(*runs.arguments(name), kill_after=max(0.05, share * runs.seconds(name)))
        assert not done.faults, done.err
        if chance.random() < 0.7 or not done.killed or over(runs):
            break
        share = chance.random()
    finish(runs, commands, name)


def over(runs: Runs) -> bool:
    """Whether the run has ended, though its process may have been on its way out when it was killed."""
    return any(record.complete for record in records(runs.disk / "runs"))


def finish(runs: Runs, commands: Commands, name: str, workers: int = 0) -> None:
    """Let it end, unless it has, and compare."""
    if not over(runs):
        last = commands.call(*runs.arguments(name, workers=workers))
        assert not last.faults
        assert last.code in (0, 1), last.err
        names = [path.name for path in (runs.disk / "runs").rglob("*")]
        assert not [name for name in names if name.endswith((".part", "state.pt"))]
    assert runs.left() == runs.expected(name)
    # one that was killed before it was locked is removed an hour later, in case another process builds it
    assert not list((runs.disk / "runs").glob(".building-*/.lock"))


@pytest.mark.parametrize("number", range(KILLS))
def test_kills_change_no_bit(runs: Runs, commands: Commands, number: int) -> None:
    name, chance = list(CONFIGURATIONS)[number % len(CONFIGURATIONS)], random.Random(number)
    runs.expected(name)
    storm(runs, commands, name, chance, spread(number))


@pytest.mark.parametrize("number", range(OF_WORKERS))
def test_kills_while_workers_run_change_no_bit(runs: Runs, commands: Commands, number: int) -> None:
    """The group of the command gets the signal; its workers, in sessions of their own, die with it."""
    name, chance = list(CONFIGURATIONS)[number % len(CONFIGURATIONS)], random.Random(number)
    runs.expected(name)
    runs.clear()
    commands.call(*runs.arguments(name, workers=2), kill_after=chance.uniform(0.5, SECONDS_OF_WORKERS))
    finish(runs, commands, name, workers=2)

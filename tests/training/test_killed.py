"""Real processes, really killed: a task that is shot at any moment ends with the bits of one that was not."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

SERVER = """
import json, os, sys
from evenhand.training.loop import checkpoint
from evenhand.training.tasks import fit_fold as task
task.Checkpointer = lambda *of, **how: checkpoint.Checkpointer(*of, **how, every_s=0.0, share=1e9)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            task.run_task(**json.loads(line))
        finally:
            os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""
"""Forks a process per call, since starting Python and torch twenty times would take most of the test."""

SETTINGS: dict[str, Any] = {
    "model": {"tune": "all", "dropout": 0.2},
    "train": {"epochs": 6, "augment": "geometry", "ema": 0.9, "swa_from": 3},
}


@pytest.fixture
def start() -> Iterator[Callable[[dict[str, Any]], int]]:
    """Return what starts a task in a process and returns its id; the next line of `start.ended` is how it ended."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None

        def begin(call: dict[str, Any]) -> int:
            server.stdin.write(json.dumps(call) + "\n")
            server.stdin.flush()
            return int(server.stdout.readline())

        begin.ended = lambda: int(server.stdout.readline())
        yield begin
        server.stdin.close()


@pytest.mark.slow
def test_killed_tasks_end_with_the_same_bits(
    make_record: Callable[..., SimpleNamespace], start: Any, size: Callable[[int, int], int]
) -> None:
    wanted = size(6, 20)
    whole = make_record(**SETTINGS)
    seconds = []
    for fold in range(2):
        began = time.monotonic()
        start(whole.call(fold=fold))
        assert start.ended() == 0
        seconds.append(time.monotonic() - began)
    chance, kills, resumed = random.Random(0), 0, 0
    while kills < wanted:
        broken = make_record(**SETTINGS)
        for fold in range(2):
            folder = broken.record.task_folder("m", fold, 0)
            done = False
            while not done:
                state = folder / "state.pt"
                resumed += state.is_file()
                before = version(state)
                child = start(broken.call(fold=fold))
                if chance.random() < 0.7:  # a start may take longer than all epochs: those kills meet the training
                    wait_for(lambda state=state, before=before: version(state) != before, child)
                    time.sleep(chance.uniform(0.0, min(seconds) / SETTINGS["train"]["epochs"]))
                else:
                    time.sleep(chance.uniform(0.0, min(seconds) * 0.9))
                with contextlib.suppress(ProcessLookupError):  # it was quicker
                    os.kill(child, signal.SIGKILL)
                done = start.ended() == 0
                kills += not done
            assert same(whole.record.task_folder("m", fold, 0), folder)
    assert resumed >= wanted // 2


def version(path: Path) -> tuple[int, int] | None:
    """What tells two writings of a file apart; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def wait_for(happened: Callable[[], bool], child: int) -> None:
    """Wait until it happened, or until the process is gone."""
    while not happened():
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.002)


def same(one: Path, other: Path) -> bool:
    """Whether two finished tasks hold the same bits, and nothing but what they should."""
    names = {"weights.safetensors", "epochs.jsonl", "task.json", "predictions.parquet"}
    assert {path.name for path in one.iterdir()} == names
    assert {path.name for path in other.iterdir() if not path.name.startswith(".")} == names
    tables = [pd.read_parquet(folder / "predictions.parquet") for folder in (one, other)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    weights = [load_file(folder / "weights.safetensors") for folder in (one, other)]
    assert weights[0].keys() == weights[1].keys()
    lines = [
        [
            {**json.loads(line), "seconds": 0, "peak_memory": 0}
            for line in (folder / "epochs.jsonl").read_text().splitlines()
        ]
        for folder in (one, other)
    ]
    assert lines[0] == lines[1]
    return all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])

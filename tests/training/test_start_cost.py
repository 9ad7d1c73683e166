"""What a worker imports before it can train: seconds in every process of every run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from evenhand.modalities import KINDS

CODE = """
import json, os, sys
from evenhand.evaluation.metrics.metric_names import METRICS
from evenhand.modalities import KINDS
from evenhand.modalities.torch_half import torch_half
from evenhand.models.encoders.registry import SOURCES
from evenhand.training.loop.determinism import deterministic
import evenhand.training.tasks.fit_fold
with deterministic(1):
    pass
METRICS.names()
for kind in sys.argv[1:]:
    if os.fork() == 0:  # as libraries that one kind imports would be there for the next
        torch_half(KINDS.get(kind))
        for source in ("file", "fused", "package", "timm"):
            SOURCES.get(source)
        print(json.dumps([kind, sorted(sys.modules)]), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0
"""
SLOW = {"timm", "torchvision", "torch._dynamo", "torch._inductor", "sklearn", "matplotlib"}
PARTS_OF_SCIPY = {"scipy.stats", "scipy.optimize", "scipy.signal", "scipy.ndimage"}


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """Return kind -> what a task on its rows has imported before a network is built."""
    command = [sys.executable, "-c", CODE, *KINDS.names()]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {kind: set(loaded) for kind, loaded in map(json.loads, printed.splitlines())}


@pytest.mark.parametrize("kind", ["beats", "drawings", "pairs", "photos", "scanlines"])
def test_a_task_imports_no_library_that_it_may_not_need(imported: dict[str, set[str]], kind: str) -> None:
    assert "torch" in imported[kind]
    assert not imported[kind] & (SLOW | PARTS_OF_SCIPY)

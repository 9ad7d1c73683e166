"""What a worker imports before it can train: seconds in every process of every run."""

from __future__ import annotations

import json
import subprocess
import sys

CODE = """
import json, sys
from evenhand.training.loop.determinism import deterministic
import evenhand.training.tasks.fit_fold
with deterministic(1):
    pass
print(json.dumps(sorted(sys.modules)))
"""


def test_a_task_imports_no_library_that_it_may_not_need() -> None:
    printed = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stdout
    loaded = set(json.loads(printed))
    assert "torch" in loaded
    assert not loaded & {"timm", "torchvision", "sklearn", "torch._dynamo", "torch._inductor", "matplotlib"}

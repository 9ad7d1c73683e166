"""The shell as a user meets it: real processes, nothing inside patched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from evenhand.modalities import KINDS

Shell = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Return a function that runs `evenhand ARGS` in an empty folder with a store of its own."""

    def run(*args: str | Path, timeout: float = 120, **extra: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "COLUMNS": "160",
            "NO_COLOR": "1",
            **extra,
        }
        command = [sys.executable, "-m", "evenhand", *map(str, args)]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    return run


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a TOML file on small photos of several classes."""
    return KINDS.get("photos").example(np.random.default_rng(0), 60, tmp_path / "data")

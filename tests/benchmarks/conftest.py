"""The scripts of benchmarks/ as modules: what they measure with must work, how long it takes is not tested."""

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Return a script of benchmarks/ by its name, imported as it is when it is run."""
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module

"""One server and one set of undisturbed runs for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .client import Commands
from .runs import Runs


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    """Give the server of forked commands."""
    server = Commands(Path(tmp_path_factory.mktemp("interrupted")))
    yield server
    server.close()


@pytest.fixture(scope="session")
def runs(commands: Commands) -> Runs:
    """Give the tiny runs."""
    return Runs(commands.folder, commands)

"""The examples: every key is there, whether or not their data are."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.settings.load import load

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_configuration(path: Path) -> None:
    settings = load(path)
    assert settings.data.kind == settings.kind.name
    assert settings.model

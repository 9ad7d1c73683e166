"""The story of old and new models: the climb out of fold, the warning, the fall outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]


@pytest.mark.slow
def test_the_story_ends_as_it_did(script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = script("old_and_new")
    found = story.replayed(tmp_path, 1)
    assert found["gain out of fold"] > 0.05
    assert found["gain outside"] < 0.01
    assert "3 of 6 models are not out of fold here" in found["EH405"][0]
    assert [own["reliable"] for own in found["blends"].values()] == [True, False]
    new = [own for name, own in found["models"].items() if name.startswith("new")]
    assert all(abs(own["out of fold"]["estimate"] - own["outside"]["estimate"]) < 0.08 for own in new)
    story.tell(found)
    assert "Adding the old zoo gains +" in capsys.readouterr().out

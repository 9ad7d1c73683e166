"""Progress is shown where nobody asked for a watcher, and left alone where somebody did."""

from __future__ import annotations

import pytest

from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import Bars, Lines, shows_progress, watching


@shows_progress
def verb(number: int, *, watcher: Watcher | None = None) -> tuple[int, Watcher | None]:
    assert watcher is not None
    watcher.stage("work", 3)
    watcher.advance(2)
    watcher.message("read [this]")
    return number, watcher


def test_a_verb_without_a_watcher_gets_one(capsys: pytest.CaptureFixture[str]) -> None:
    number, watcher = verb(3)
    assert number == 3
    assert isinstance(watcher, Lines)
    assert capsys.readouterr().err == "read [this]\n"


def test_a_terminal_gets_bars(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with watching() as watcher:
        assert isinstance(watcher, Bars)
    assert isinstance(verb(1)[1], Bars)
    assert "work" in capsys.readouterr().err


def test_a_given_watcher_is_used_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    silent = Silent()
    assert verb(1, watcher=silent) == (1, silent)
    assert capsys.readouterr().err == ""

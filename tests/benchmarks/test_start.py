from collections.abc import Callable
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]


def test_what_is_allowed_is_formed_within_rounds(script: Script) -> None:
    start, timing = script("start"), script("timing")
    bare = [timing.Spent(0.1, 0.01)] * 3
    assert start.over([timing.Spent(0.5, 0.2)] * 3, bare, "wall") == "met by 100 ms"
    assert start.over([timing.Spent(0.7, 0.2)] * 3, bare, "wall") == "MISSED by 100 ms"


@pytest.mark.slow
def test_commands_start(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    start = script("start")
    start.show(start.measure(1))
    assert "evenhand --help" in capsys.readouterr().out

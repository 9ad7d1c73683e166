"""All tools of the project's own environment do the same work; peers answer as these do."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

Script = Callable[[str], ModuleType]


@pytest.mark.parametrize("tool", ["ours", "bare loop", "bare loop, floats ready"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_fit_tells_its_epochs_and_its_accuracy(script: Script, tool: str, number: int) -> None:
    works, own = script("epoch_work"), script("epoch_own")
    work = works.works(24, 2)[number]
    found = works.answer(own.TOOLS[tool], work, 3)
    assert len(found["epochs"]) == 1
    assert 0 <= found["accuracy"] <= 1


def test_features_can_be_learned_and_ours_learns_as_much_as_the_bare_loop(script: Script) -> None:
    works, own = script("epoch_work"), script("epoch_own")
    work = works.head(np.random.default_rng(0), 300, 4, k=3)
    reached = {tool: own.TOOLS[tool](work, 1, works.Marks()) for tool in ("ours", "bare loop")}
    assert min(reached.values()) > 0.6
    assert abs(reached["ours"] - reached["bare loop"]) < 0.1


@pytest.mark.slow
def test_a_server_answers(script: Script, capsys: pytest.CaptureFixture[str]) -> None:
    epoch = script("epoch")
    flags = ["--rows=24", "--epochs=2", "--threads=1"]
    with epoch.Server("bare loop", Path(sys.executable), "epoch_own.py", flags) as server:
        fits = [server.fit(0, seed) for seed in (1, 2)]
    work = script("epoch_work").works(24, 2)[0]
    epoch.show(work, {"ours": fits, "bare loop": fits})
    assert "1.00 (1.00 to 1.00)" in capsys.readouterr().out

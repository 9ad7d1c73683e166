from collections.abc import Callable
from types import ModuleType

import pytest

Script = Callable[[str], ModuleType]


def test_both_sides_fit_the_same_epochs_and_one_takes_nothing_down(script: Script) -> None:
    evidence = script("evidence")
    evidence.WORKS = {name: (make, 200) for name, (make, _) in evidence.WORKS.items()}
    for name in evidence.WORKS:
        seen = evidence.loop.fit(evidence.job_of(name, 1))
        with evidence.no_evidence():
            blind = evidence.loop.fit(evidence.replace(evidence.job_of(name, 1), recorder=evidence.Blind))
        assert seen.lines[0]["sets"]["train"]["rows"] == 160
        assert blind.lines[0]["sets"]["train"] is None
        assert seen.lines[0]["train_loss"] == pytest.approx(blind.lines[0]["train_loss"])

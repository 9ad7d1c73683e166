"""What is said of finished trainings."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from evenhand.pipeline.stages.dispatch import dispatch, score_message
from evenhand.pipeline.stages.progress import Silent


def noting(model: str, progress: Callable[[Any], None]) -> str:
    progress({"note": "This processor is slow."})
    return model


class Listener(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def message(self, text: str) -> None:
        self.said.append(text)


@pytest.mark.parametrize("one_call", [False, True])
def test_a_sentence_about_the_machine_is_said_once_by_all_calls(one_call: bool) -> None:
    listener = Listener()
    calls: list[Any] = [
        SimpleNamespace(function=f"{__name__}:noting", arguments=lambda model=model: {"model": model})
        for model in ("a", "b")
    ]
    assert dispatch(calls, listener, workers=0, threads=1, one_call=one_call) == ["a", "b"]
    assert listener.said == ["This processor is slow."]


def test_the_last_epoch_is_called_by_its_number() -> None:
    said = score_message({"parts": {"macro_f1": 0.5}, "score": 0.5, "epoch": 4, "epochs": 5})
    assert said == "score 0.500 (macro_f1 0.500) in epoch 5 of 5."

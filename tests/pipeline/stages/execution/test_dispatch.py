"""What is said of finished and failed trainings."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import evenhand.modalities.photos.encoders  # noqa: F401  (registers "small")
from evenhand.base.errors import TaskError
from evenhand.base.storage.files.atomic import to_json
from evenhand.engines.call import CallFailure, CallResult, Event, resolve
from evenhand.engines.placement import Place, Placement
from evenhand.models.config import SizedModel
from evenhand.pipeline.stages.execution import dispatch as module
from evenhand.pipeline.stages.execution.dispatch import dispatch, kept_workers, score_message
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.training.calls import SoupCall
from evenhand.training.tasks import initial_network


def noting(model: str, progress: Callable[[Any], None]) -> str:
    progress({"note": "This processor is slow."})
    return model


@pytest.mark.parametrize("one_call", [False, True])
def test_a_sentence_about_the_machine_is_said_once_by_all_calls(one_call: bool) -> None:
    listener = Heard()
    calls: list[Any] = [
        SimpleNamespace(function=f"{__name__}:noting", arguments=lambda model=model: {"model": model})
        for model in ("a", "b")
    ]
    assert dispatch(calls, listener, Placement(0), threads=1, one_call=one_call) == ["a", "b"]
    assert listener.messages == ["This processor is slow."]


def test_the_last_epoch_is_called_by_its_number() -> None:
    said = score_message({"parts": {"macro_f1": 0.5}, "score": 0.5, "epoch": 4, "epochs": 5})
    assert said == "score 0.500 (macro_f1 0.500) in epoch 5 of 5."


CALL = SoupCall(record="runs/a", store={}, model="a", fold=1, threads=1)


class Heard(Silent):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


def test_a_worker_that_was_killed_twice_is_a_question_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    killed = "A worker died with signal 9 (SIGKILL; out of memory?) while running model=a, for the second time."
    failure = CallFailure("WorkerDied", killed, "last words", remedy="alone here")
    monkeypatch.setattr(module, "run_calls", lambda *args, **more: [CallResult(0, failure=failure)])
    with pytest.raises(TaskError) as raised:
        dispatch([CALL], Silent(), Placement(1), threads=1)
    assert "model a, fold 1: A worker died with signal 9" in str(raised.value)
    assert "while running model=a, also when no other task ran. Linux does that when the memory" in str(
        raised.value
    )
    assert "Lower train.batch_size" in str(raised.value)


def test_a_failed_task_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = ("Model a, fold 1: there is no labelled row.", "The disk is slow.")
    failed = [CallResult(0, failure=CallFailure("TaskError", message, known=True)) for message in said]
    monkeypatch.setattr(module, "run_calls", lambda *args, **more: failed)
    with pytest.raises(TaskError) as raised:
        dispatch([CALL, CALL], Silent(), Placement(1), threads=1)
    assert str(raised.value) == (
        "2 of 2 tasks failed; the results of the others are kept.\n"
        "  Model a, fold 1: there is no labelled row.\n"
        "  model a, fold 1: The disk is slow."
    )


def test_workers_are_kept_without_what_a_task_kept_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    released: list[str] = []
    monkeypatch.setattr(initial_network, "free_memory", lambda: released.append("freed"))
    model = to_json(SizedModel(name="a", encoder="small", tune="head").plain())
    initial_network._cached_network(model, 2, 0)
    resolve(kept_workers().release)()
    assert released == ["freed"]
    assert initial_network._cached_network.cache_info().currsize == 0


def test_places_go_to_the_workers_and_what_happens_on_cards_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def run_calls(*args: Any, on_event: Callable[[Event], None], **more: Any) -> list[CallResult]:
        seen.update(more)
        on_event(Event("retried", 0, 0, message="cuda:0 ran out of memory; it is tried again alone."))
        on_event(Event("excluded", 0, 0, message="cuda:0"))
        return [CallResult(0, {})]

    monkeypatch.setattr(module, "run_calls", run_calls)
    watcher, on = Heard(), Placement(1, (Place("cuda:0"),))
    dispatch([CALL], watcher, on, threads=3)
    assert seen == {"workers": 1, "places": on.places, "threads": 3, "kept": None}
    assert watcher.messages[0] == "model a, fold 1: cuda:0 ran out of memory; it is tried again alone."
    assert watcher.messages[1].startswith("cuda:0 is not used any more: two tasks failed on it and succeeded on")

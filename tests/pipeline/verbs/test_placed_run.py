"""The tasks of a run on cards that are mocked: where each call goes, and what is said once."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from evenhand.engines.call import FunctionCall
from evenhand.engines.kept_workers import KeptWorkers
from evenhand.engines.placement import Placement, card_place
from evenhand.pipeline.stages.execution import placement as placed
from evenhand.pipeline.stages.execution.placement import UsableDevices
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.pipeline.verbs import run as module
from evenhand.settings.load import Settings

MODEL = {"encoder": "timm:resnet18", "pretrained": False}
CONFIG = {
    "data": {"kind": "photos", "root": "images"},
    "folds": {"k": 3},
    "compute": {"threads": 2},
    "model": [{**MODEL, "name": "whole", "tune": "all"}, {**MODEL, "name": "head", "tune": "head"}],
    "evaluate": {"floor": False},
}


class Heard(Silent):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


def test_all_tasks_of_all_models_are_dealt_over_the_cards_and_a_fault_is_said_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = UsableDevices((card_place(0, None), card_place(2, None)), {}, "cuda:1: it differs.")
    sent: list[tuple[int, Placement]] = []
    workers: list[Any] = []

    def dispatch(calls: Sequence[FunctionCall], watcher: Any, on: Placement, *, kept: Any, **_: Any) -> list[Any]:
        sent.append((len(calls), on))
        workers.append(kept)
        return []

    monkeypatch.setattr(placed, "usable_devices", lambda compute: found)
    monkeypatch.setattr(module, "dispatch", dispatch)
    watcher = Heard()
    record, store = SimpleNamespace(resolved=dict, path="runs/a"), SimpleNamespace(place=dict)
    module.train(record, Settings.model_validate(CONFIG), watcher, store)  # type: ignore[arg-type]
    assert watcher.messages == ["cuda:1: it differs."]
    assert [(calls, on.devices) for calls, on in sent if calls] == [
        (1, ("cuda:0",)),  # the frozen part, before the tasks that share it
        (6, ("cuda:0", "cuda:2")),
    ]
    assert isinstance(workers[0], KeptWorkers)
    assert set(workers) == {workers[0]}, "one process on cuda:0 does both"

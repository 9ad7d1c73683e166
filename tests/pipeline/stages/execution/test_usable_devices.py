"""Tasks placed on cards that are mocked: no process is started and no card asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import evenhand
from evenhand.base.errors import TaskError
from evenhand.engines.call import CallFailure, CallResult
from evenhand.engines.config import ComputeConfig
from evenhand.engines.placement import PLACED, VISIBLE, Place, Placement
from evenhand.pipeline.stages.execution import placement as module
from evenhand.pipeline.stages.execution.placement import (
    missing_device,
    placement,
    readers_compute,
    say_other_device,
    say_passed_over,
    usable_devices,
)
from evenhand.pipeline.stages.execution.progress import Silent

Machine = Callable[..., list[dict[str, str]]]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """Return a function that pretends cards, by their faults; it returns the environments they were tried in."""

    def pretend(*faults: str, auto: str = "cpu", words: str = "", failure: CallFailure | None = None) -> Any:
        tried: list[dict[str, str]] = []

        def run_calls(function: str, calls: Any, *, places: Any, **_: Any) -> list[CallResult]:
            tried.append(dict(places[0].environment))
            cards = faults[:1] if VISIBLE in places[0].environment else faults  # a process sees one MIG instance
            found = [{"name": f"cuda:{at}", "fault": fault} for at, fault in enumerate(cards)]
            return [CallResult(0, {"cards": found, "auto": auto, "passed_over": words}, failure)]

        monkeypatch.setattr(module, "run_calls", run_calls)
        monkeypatch.setattr(module, "has_driver", lambda: True)
        return tried

    monkeypatch.delenv(VISIBLE, raising=False)
    module._tried.cache_clear()
    yield pretend
    module._tried.cache_clear()


def entries(found: Placement) -> list[str]:
    return [place.environment[VISIBLE] for place in found.places]


@pytest.mark.parametrize(("per_device", "expected"), [(1, ["0", "1", "2"]), (2, ["0", "1", "2", "0", "1"])])
def test_tasks_are_dealt_over_all_cards_whatever_the_number_of_workers(
    machine: Machine, per_device: int, expected: list[str]
) -> None:
    tried = machine("", "", "")
    for workers in (1, 16, None):
        found = placement(ComputeConfig(per_device=per_device, workers=workers), 5)
        assert (found.workers, entries(found)) == (len(expected), expected)
    assert tried == [{}], "cards are tried once"


def test_cards_that_the_user_hides_stay_hidden(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine("", "")
    monkeypatch.setenv(VISIBLE, "GPU-8932f937,GPU-4c1c")
    found = placement(ComputeConfig(), 8)
    assert entries(found) == ["GPU-8932f937", "GPU-4c1c"]
    assert [place.environment[PLACED] for place in found.places] == ["cuda:0", "cuda:1"]


def test_each_instance_of_a_divided_card_is_tried_in_a_process_of_its_own(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = machine("")
    monkeypatch.setenv(VISIBLE, "MIG-a,MIG-b")
    assert entries(placement(ComputeConfig(), 8)) == ["MIG-a", "MIG-b"]
    assert tried == [{VISIBLE: "MIG-a"}, {VISIBLE: "MIG-b"}]


def test_an_instance_that_does_not_answer_is_passed_over_and_the_others_are_used(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine()
    answer = module._trials
    found = {"cards": [{"name": "cuda:0", "fault": ""}], "auto": "cuda", "passed_over": ""}
    monkeypatch.setattr(module, "_trials", lambda where: answer(where) if where[VISIBLE] == "MIG-a" else found)
    monkeypatch.setenv(VISIBLE, "MIG-a,MIG-b")
    assert entries(placement(ComputeConfig(), 8)) == ["MIG-b"]
    assert usable_devices(ComputeConfig()).passed_over.startswith(
        "cuda:0: torch finds no card. Training uses cuda:1"
    )


def test_no_visible_card_is_the_cpu_without_a_trial(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = machine("", "")
    monkeypatch.setenv(VISIBLE, "")
    assert placement(ComputeConfig(workers=3), 8) == Placement(3, (Place("", {PLACED: "cpu"}),) * 3)
    with pytest.raises(TaskError, match='compute.device = "cuda", but CUDA_VISIBLE_DEVICES shows no card'):
        placement(ComputeConfig(device="cuda"), 8)
    assert tried == []


def test_on_the_cpu_nothing_is_asked_and_workers_decide(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = machine("")
    assert placement(ComputeConfig(device="cpu", workers=4, per_device=2), 3).workers == 3
    assert placement(ComputeConfig(workers=0), 3) == Placement(0)
    monkeypatch.setattr(module, "has_driver", lambda: False)
    assert placement(ComputeConfig(workers=4), 3) == Placement(3, (Place("", {PLACED: "auto"}),) * 3)
    assert tried == []


def test_a_named_card_is_the_only_one_and_is_not_tried(machine: Machine) -> None:
    tried = machine("", "", "")
    assert entries(placement(ComputeConfig(device="cuda:1"), 5)) == ["1"]
    assert entries(placement(ComputeConfig(device=["cuda:2", "cuda:0"], per_device=2), 5)) == ["2", "0", "2", "0"]
    assert tried == []


def test_a_named_card_is_counted_among_the_visible_ones(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VISIBLE, "5,3")
    assert entries(placement(ComputeConfig(device="cuda:1"), 5)) == ["3"]
    with pytest.raises(TaskError, match=r'names "cuda:2", but .* = "5,3" shows 2 cards: cuda:0, cuda:1\. Correct'):
        placement(ComputeConfig(device=["cuda:0", "cuda:2"]), 5)


class Heard(Silent):
    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


def test_a_card_that_fails_the_trial_is_passed_over_in_words(machine: Machine) -> None:
    machine("", "it differs", "")
    assert entries(placement(ComputeConfig(), 5)) == ["0", "2"]
    watcher = Heard()
    say_passed_over(ComputeConfig(), watcher)
    assert watcher.messages == [
        "cuda:1: it differs. Training uses cuda:0, cuda:2 (evenhand env shows the devices)."
    ]


def test_where_all_fail_auto_is_the_cpu_and_cuda_an_error(machine: Machine) -> None:
    machine("no kernel image", words="cuda:0: no kernel image. Training uses the CPU.")
    cpu = {PLACED: "cpu"}
    assert placement(ComputeConfig(workers=2), 5) == Placement(2, (Place("", cpu),) * 2)
    assert usable_devices(ComputeConfig()).passed_over == "cuda:0: no kernel image. Training uses the CPU."
    with pytest.raises(
        TaskError, match=r'"cuda" cannot be used here \(cuda:0: no kernel image\)\. Set it to "auto"'
    ):
        placement(ComputeConfig(device="cuda"), 5)


def test_an_apple_gpu_takes_per_device_tasks(machine: Machine) -> None:
    machine(auto="mps")
    assert placement(ComputeConfig(workers=8), 5) == Placement(1, (Place("mps", {PLACED: "mps"}),))


def test_a_trial_that_kills_its_process_leaves_the_cpu(machine: Machine) -> None:
    machine(failure=CallFailure("WorkerDied", "A worker died with signal 11"))
    found = usable_devices(ComputeConfig())
    assert found.environment == {PLACED: "cpu"}
    assert "the process that tried the cards died. Training uses the CPU" in found.passed_over
    with pytest.raises(TaskError, match=r"cannot be used here \(the process that tried the cards died\)"):
        usable_devices(ComputeConfig(device="cuda"))


def test_a_trial_that_cannot_start_is_left_to_the_tasks(machine: Machine) -> None:
    machine(failure=CallFailure("ModuleNotFoundError", "No module named 'torch'"))
    assert usable_devices(ComputeConfig()) == module.UsableDevices()


class Listener(Silent):
    """A watcher that keeps messages."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def message(self, text: str) -> None:
        self.heard.append(text)


@pytest.mark.parametrize("device", ["cuda", "cuda:1", ["cuda:0", "cuda:2"]])
def test_a_record_from_a_machine_with_cards_is_read_on_one_without(
    monkeypatch: pytest.MonkeyPatch, device: str | list[str]
) -> None:
    monkeypatch.setattr(module, "has_driver", lambda: False)
    listener = Listener()
    for workers, expected in ((0, 1), (2, 2)):
        found = readers_compute(ComputeConfig(device=device, workers=workers), listener)
        on = placement(found, 5)
        assert (on.workers, on.places[0].environment) == (expected, {PLACED: "cpu"})
    assert "this machine lacks. It predicts on the CPU." in listener.heard[0]


def test_a_card_that_a_reader_does_not_see_is_replaced_by_those_it_sees(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine("")
    monkeypatch.setenv(VISIBLE, "4")
    listener = Listener()
    assert entries(placement(readers_compute(ComputeConfig(device="cuda:1"), listener), 2)) == ["4"]
    assert "cuda:1, which this machine lacks" in listener.heard[0]


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:0"])
def test_a_reader_computes_where_the_run_did_if_it_can(machine: Machine, device: str) -> None:
    machine("")
    listener, named = Listener(), ComputeConfig(device=device)
    assert readers_compute(named, listener) is named
    assert not listener.heard


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        ("mps", "Apple GPUs are in Macs"), ("cuda", "no driver of an NVIDIA GPU"),
        (["cuda:0", "cuda:1"], "no driver"), ("auto", ""), ("cpu", ""),
    ],
)  # fmt: skip
def test_a_device_that_cannot_be_had_is_named_before_data_are_read(
    monkeypatch: pytest.MonkeyPatch, device: str | list[str], reason: str
) -> None:
    monkeypatch.setattr(module, "has_driver", lambda: False)
    monkeypatch.setattr("sys.platform", "linux")
    found = missing_device(ComputeConfig(device=device))
    assert (reason in found) if reason else found == ""
    if reason:
        with pytest.raises(TaskError, match="cannot be used here"):
            evenhand.run(
                {
                    "data": {"root": "none"},
                    "model": [{"name": "a", "encoder": "lite0"}],
                    "compute": {"device": device},
                }
            )


def test_a_card_that_the_process_does_not_see_is_named_too(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine("", "")
    monkeypatch.setenv(VISIBLE, "3")
    assert 'names "cuda:1", but CUDA_VISIBLE_DEVICES = "3" shows 1 card' in missing_device(
        ComputeConfig(device="cuda:1")
    )
    assert missing_device(ComputeConfig(device="cuda:0")) == ""


def test_what_a_resumed_record_lacks_runs_where_the_configuration_says_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "has_driver", lambda: False)
    listener = Listener()
    say_other_device({"device": "auto"}, ComputeConfig(), listener)
    assert listener.heard == []
    say_other_device({"device": "mps"}, ComputeConfig(), listener)
    assert 'began with compute.device = "mps"; what is not done yet runs on "auto"' in listener.heard[-1]
    # tasks read the device of the record: they are told another
    assert placement(ComputeConfig(), 1).places[0].environment == {PLACED: "auto"}
    say_other_device({"device": ["cuda:0"]}, ComputeConfig(workers=0), listener)
    assert 'began with compute.device = ["cuda:0"], on which it goes on' in listener.heard[-1]

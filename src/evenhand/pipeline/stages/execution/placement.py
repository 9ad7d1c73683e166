"""Where the tasks of a run compute: on every card that can be used, or in processes on the CPU."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from evenhand.base.errors import TaskError
from evenhand.base.text.counted import count
from evenhand.engines.config import ComputeConfig
from evenhand.engines.local import run_calls
from evenhand.engines.placement import (
    PLACED,
    VISIBLE,
    Place,
    Placement,
    card_place,
    deal,
    has_driver,
    passed_over_text,
    visible_cards,
)
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.training.calls import DeviceTrialsCall

_NONE = "torch finds no card"


@dataclass(frozen=True)
class UsableDevices:
    """The devices that tasks are placed on.

    Attributes
    ----------
    places
        One for each card; empty where tasks run on the CPU, in `compute.workers` processes.
    environment
        Variables of those processes.
    passed_over
        A sentence about cards that are not used as they failed the trial; "" where there are none.
    """

    places: tuple[Place, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    passed_over: str = ""


def placement(compute: ComputeConfig, calls: int) -> Placement:
    """Return where a number of calls run: dealt over the cards, `per_device` on each, or on the CPU.

    Raises
    ------
    TaskError
        If `compute.device` names cards that this process does not see, or none of which can be used.
    """
    devices = usable_devices(compute)
    if compute.workers != 0 and devices.places:
        return deal(devices.places, compute.per_device, calls)
    workers = compute.processes(calls)
    return Placement(workers, (Place("", devices.environment),) * workers)


def usable_devices(compute: ComputeConfig) -> UsableDevices:
    """Return the devices of `compute.device`; cards are tried once per process, and only if there is a driver.

    Raises
    ------
    TaskError
        As `placement`.
    """
    names = compute.devices
    if compute.workers == 0:  # this process is all there is
        return UsableDevices(passed_over=_passed_over_here(names[0]))
    if names == ("cpu",):
        return UsableDevices(environment={PLACED: "cpu"})
    visible = visible_cards(os.environ)
    if names not in {("auto",), ("cuda",)}:
        return UsableDevices(tuple(_named(names, visible)))
    if not has_driver():
        # as each task finds by itself, in its own words; by this name, also where the record began with another
        return UsableDevices(environment={PLACED: names[0]})
    return _tried(names[0], visible)


def _named(names: Sequence[str], visible: Sequence[str] | None) -> Iterator[Place]:
    for name in names:
        if name.startswith("mps"):
            yield Place(name, {PLACED: name})
            continue
        try:
            yield card_place(int(name.partition(":")[2]), visible)
        except IndexError:
            cards = visible or ()
            seen = ", ".join(f"cuda:{index}" for index in range(len(cards)))
            raise TaskError(
                f'compute.device names "{name}", but {VISIBLE} = "{os.environ[VISIBLE]}" shows '
                f"{count(len(cards), 'card')}{': ' if seen else ''}{seen}. Correct one of them."
            ) from None


def readers_compute(compute: ComputeConfig, watcher: Watcher) -> ComputeConfig:
    """Return where the models of a record compute new rows: where they were trained, if this machine has that.

    Otherwise on what it has, and the watcher says so: a record from a machine with cards is read on a laptop.
    """
    if all(_present(name) for name in compute.devices):
        return compute
    instead = "auto" if has_driver() else "cpu"
    where = "the CPU" if instead == "cpu" else 'a device that it has, as "auto" does'
    watcher.message(
        f"The run names {', '.join(compute.devices)}, which this machine lacks. It predicts on {where}."
    )
    # In a process of its own, which is told its device: tasks read that of the record.
    return compute.model_copy(update={"device": instead, "workers": 1 if compute.workers == 0 else compute.workers})


def _present(name: str) -> bool:
    """Whether this machine may have the device; what only torch knows is left to the tasks."""
    if name in ("auto", "cpu"):
        return True
    apple = sys.platform == "darwin"
    if not has_driver() or apple != name.startswith("mps"):
        return False
    visible, (_, _, index) = visible_cards(os.environ), name.partition(":")
    return apple or visible is None or int(index or 0) < len(visible)


def missing_device(compute: ComputeConfig) -> str:
    """Return a sentence about a device that this machine lacks for sure, found without torch; "" without one."""
    for name in compute.devices:
        reason = ""
        if name.startswith("mps") and sys.platform != "darwin":
            reason = "Apple GPUs are in Macs, and this is not one"
        elif name.startswith("cuda") and not has_driver():
            reason = "no driver of an NVIDIA GPU is found, or torch was installed without CUDA"
        if reason:
            return f'compute.device = "{name}" cannot be used here ({reason}). Set it to "auto" or "cpu".'
    try:
        tuple(_named([name for name in compute.devices if ":" in name], visible_cards(os.environ)))
    except TaskError as error:
        return str(error)
    return ""


def say_other_device(began: Mapping[str, Any], compute: ComputeConfig, watcher: Watcher) -> None:
    """Say where a record that is resumed began on another device, which is that of the tasks that are done.

    Parameters
    ----------
    began
        Section [compute] that the record began with.
    """
    before = began.get("device", "auto")
    if before == compute.device:
        return
    if compute.workers == 0:
        watcher.message(
            f"The record began with compute.device = {_quoted(before)}, on which it goes on: with "
            f"compute.workers = 0 the configuration's {_quoted(compute.device)} does not count. Set "
            "compute.workers to 1 for that."
        )
        return
    watcher.message(
        f"The record began with compute.device = {_quoted(before)}; what is not done yet runs on "
        f"{_quoted(compute.device)}. Tasks that are done are kept, and task.json of each says its device."
    )


def _quoted(device: str | Sequence[str]) -> str:
    return f'"{device}"' if isinstance(device, str) else "[" + ", ".join(f'"{name}"' for name in device) + "]"


def say_passed_over(compute: ComputeConfig, watcher: Watcher) -> None:
    """Show which cards a run does not use as they failed the trial; once, not with each task."""
    if words := usable_devices(compute).passed_over:
        watcher.message(words)


@cache
def _tried(name: str, visible: tuple[str, ...] | None) -> UsableDevices:
    """Return the cards that passed the trial, of those that the user lets this process see."""
    if visible == ():
        if name == "auto":
            return UsableDevices(environment={PLACED: "cpu"})
        raise TaskError(f'compute.device = "cuda", but {VISIBLE} shows no card. Correct one of them.')
    # A process sees one MIG instance at most, the first; others that the user names are tried in their own.
    apart = [{VISIBLE: entry} for entry in visible or () if entry.startswith("MIG-")]
    environments: list[dict[str, str]] = apart or [{}]
    found = [_trials(environment) for environment in environments]
    if None in found:
        return UsableDevices()
    # By entry, not by how many answered before it: an instance that does not answer must not shift the others.
    cards = [_first_card(one) for one in found] if apart else found[0]["cards"]
    faults = [f"cuda:{at}: {card['fault']}" for at, card in enumerate(cards) if card["fault"]]
    places = tuple(card_place(at, visible) for at, card in enumerate(cards) if not card["fault"])
    if places:
        return UsableDevices(places, {}, passed_over_text(faults, ", ".join(place.device for place in places)))
    if name == "cuda":
        why = "; ".join(faults) or found[0].get("fault", _NONE)
        raise TaskError(f'compute.device = "cuda" cannot be used here ({why}). Set it to "auto" or "cpu".')
    other = found[0]["auto"]
    environment = {PLACED: other}
    on = (Place(other, environment),) if other != "cpu" else ()
    return UsableDevices(on, environment, found[0]["passed_over"])


def _first_card(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the card that a process with one MIG instance saw; one with a fault where it saw none."""
    return found["cards"][0] if found["cards"] else {"fault": found.get("fault", _NONE)}


def _trials(environment: Mapping[str, str]) -> Any:
    """Return what `device_trials` finds; None if it cannot be run, of which the tasks will tell."""
    call = DeviceTrialsCall()
    (result,) = run_calls(call.function, [call.arguments()], workers=1, places=[Place("", environment)], threads=1)
    if result.failure is None:
        return result.value
    if result.failure.type != "WorkerDied":  # torch is not installed, for instance
        return None
    fault = "the process that tried the cards died"
    return {"cards": [], "auto": "cpu", "passed_over": passed_over_text([fault], "the CPU"), "fault": fault}


def _passed_over_here(name: str) -> str:
    from evenhand.training.device import passed_over  # torch: the tasks of this process need it as well

    return passed_over(name)

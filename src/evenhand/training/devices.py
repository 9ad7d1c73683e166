"""The devices of this machine, and whether each can be trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch

from evenhand.training.device import automatic_device, passed_over
from evenhand.training.device_trial import gpus, why_unusable


@dataclass(frozen=True)
class Device:
    """A device.

    Attributes
    ----------
    name
        As in `compute.device`.
    card
        Name of the card with its compute capability; "" for the CPU.
    memory_bytes, free_bytes
        Memory of the card, and what of it is free; None where it is not known.
    fault
        Why it cannot be trained on; "" if the trial (`device_trial`) passed.
    """

    name: str
    card: str = ""
    memory_bytes: int | None = None
    free_bytes: int | None = None
    fault: str = ""


def devices() -> Iterator[Device]:
    """Yield the CPU, every NVIDIA GPU that torch sees, and an Apple GPU, each after its trial."""
    yield Device("cpu", fault=why_unusable(torch.device("cpu")))
    for device in gpus():
        yield _nvidia(device) if device.type == "cuda" else _apple(device)


def device_trials() -> dict[str, Any]:
    """Return what a run asks of this machine before it places tasks, in a process that ends.

    Trials hold memory of every card until the process ends.

    Returns
    -------
    {"cards": [{"name": "cuda:0", "fault"}, …], "auto": the device that "auto" takes of one process, "passed_over":
    a sentence about those that it does not take}
    """
    cards = [asdict(device) for device in devices() if device.name.startswith("cuda")]
    return {"cards": cards, "auto": str(automatic_device()), "passed_over": passed_over("auto")}


def _apple(device: torch.device) -> Device:
    fault = why_unusable(device)
    # its memory is the machine's; this is what torch may use of it
    ask = getattr(torch.mps, "recommended_max_memory", None)
    memory = None if fault or ask is None else int(ask())
    return Device(str(device), "Apple GPU", memory, fault=fault)


def _nvidia(device: torch.device) -> Device:
    name = str(device)
    fault = why_unusable(device)  # first, as a card that fails it may not answer below
    try:
        about = torch.cuda.get_device_properties(device)
        card = f"{about.name}, compute capability {about.major}.{about.minor}"
        free, memory = torch.cuda.mem_get_info(device)
    except (RuntimeError, AssertionError) as error:
        return Device(name, fault=fault or f"its memory cannot be asked for ({str(error).splitlines()[0]})")
    return Device(name, card, memory, free, fault)

"""bf16 where the hardware has no units for it: sentences for those who ask for it, or whose record does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from evenhand.base.errors import TaskError
from evenhand.models.acceleration.frozen import multiplies_bf16
from evenhand.models.network import Network
from evenhand.training.device import device_of


def emulation_notes(device: str, keys: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return {"notes": a sentence for each model that asks for bf16 on an NVIDIA GPU without units for it}.

    Parameters
    ----------
    device
        As in `compute.device`.
    keys
        Name of a model -> its keys that are set to bf16 (`bf16_keys`).
    """
    try:
        found = device_of(device)
    except TaskError:  # a check needs no device, and a task says it itself
        return {"notes": []}
    if found.type != "cuda" or multiplies_bf16(found):
        return {"notes": []}
    major, minor = torch.cuda.get_device_capability(found)
    instead = '"auto", which is fp16 there,' if major == 7 else '"auto", which is float32 there,'
    notes = []
    for model, own in keys.items():
        if own:
            set_to = " and ".join(f'{key} = "bf16"' for key in own)
            notes.append(
                f"Model {model}: {set_to} on {torch.cuda.get_device_name(found)}, which emulates bf16 (compute "
                f"capability {major}.{minor}; units for it come with 8.0): slower than float32. Set {instead} or "
                '"float32".'
            )
    return {"notes": notes}


def recorded_precision_note(network: Network, device: torch.device) -> str:
    """Return a sentence where the frozen part of a network is to compute in bf16 on a device without units for it.

    "" elsewhere, and for records that do not say in which precision features were computed.
    """
    if network.frozen is None or network.model.frozen_precision != "bf16" or multiplies_bf16(device):
        return ""
    here = "this processor" if device.type == "cpu" else "this GPU"
    return (
        f"Model {network.model.name}: its frozen part computes in bf16, as in its record or as set. That may be "
        f"slow: {here} has no matrix unit for bf16."
    )

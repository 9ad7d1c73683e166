"""The device that a network is trained on."""

from __future__ import annotations

import torch

from evenhand.base.errors import TaskError
from evenhand.engines.config import checked_device


def device_of(name: str) -> torch.device:
    """Return the device of `compute.device`; "auto" is an NVIDIA GPU where there is one, else the CPU.

    Apple GPUs are refused: they have no double precision, and batch normalisation of maps with channels last is
    silently wrong there.

    Raises
    ------
    TaskError
        If the device is not available or not supported.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(checked_device(name))
        torch.empty(1, device=device)  # torch reports a missing device at its first use only
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise TaskError(
            f'compute.device = "{name}" cannot be used here ({reason}). Set it to "auto" or "cpu".'
        ) from None
    return device

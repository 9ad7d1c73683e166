"""Where the arithmetic is done."""

from __future__ import annotations

import torch

from evenhand.base.errors import TaskError


def device_of(name: str) -> torch.device:
    """Return the device that `compute.device` names; "auto" is a GPU where there is one, else the CPU.

    Raises
    ------
    TaskError
        If there is no such device here.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise TaskError(
            f'compute.device = "{name}" cannot be used here ({reason}). Set it to "auto" or "cpu".'
        ) from None
    return device

"""The device that a network is trained on."""

from __future__ import annotations

import os
import warnings
from functools import cache
from typing import Any

import torch

from evenhand.base.errors import TaskError
from evenhand.engines.config import checked_device
from evenhand.engines.placement import PLACED, passed_over_text
from evenhand.training.device_trial import gpus, why_unusable


def device_of(name: str) -> torch.device:
    """Return the device of `compute.device`; "auto" is a GPU that passes a trial, else the CPU.

    A worker process that was placed on a device uses that one, whatever the name (`engines.placement`). A GPU that
    is passed over is named in a warning, once per process (`passed_over`).

    Raises
    ------
    TaskError
        If the device is not available or not supported.
    """
    name = os.environ.get(PLACED, name)
    if name == "auto":
        return _automatic()
    try:
        # of the cards, a worker process sees its own only
        device = torch.device("cuda" if PLACED in os.environ and name.startswith("cuda") else checked_device(name))
        torch.empty(1, device=device)  # torch reports a missing device at its first use only
    except (RuntimeError, AssertionError, ValueError) as error:
        reason = str(error).splitlines()[0][:200]
        raise TaskError(
            f'compute.device = "{name}" cannot be used here ({reason}). Set it to "auto" or "cpu".'
        ) from None
    return device


def automatic_device() -> torch.device:
    """Return the device that "auto" takes, without a word about those that are passed over."""
    return _choice()[0]


def passed_over(name: str) -> str:
    """Return a sentence about the GPUs that "auto" does not use as they fail the trial; "" where there are none."""
    return _choice()[1] if name == "auto" else ""


def device_marks(device: torch.device, dtype: torch.dtype | None) -> list[str]:
    """Return what the last bits of a result depend on beside torch's version; nothing for float32 on the CPU.

    Parameters
    ----------
    dtype
        Of the forward pass; None for float32.

    Returns
    -------
    Name of the card, dtype, version of CUDA, version of cuDNN; on the CPU the dtype, which "bf16" is on some only.
    """
    if device.type == "cpu":
        return [] if dtype is None else [str(dtype)]
    return [device_name(device), str(dtype or torch.float32), str(torch.version.cuda), str(cudnn_version())]


def device_name(device: torch.device) -> str:
    """Return "cpu", or the name of a card ("NVIDIA H100 80GB HBM3")."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def cudnn_version() -> int | None:
    """Return the version of cuDNN, as 91002 for 9.10.2; None where torch has none."""
    cudnn: Any = torch.backends.cudnn  # not annotated in torch
    found = cudnn.version()
    return None if found is None else int(found)


@cache
def _automatic() -> torch.device:
    device, words = _choice()
    if words:
        warnings.warn(words, stacklevel=3)
    return device


@cache
def _choice() -> tuple[torch.device, str]:
    """Return the first GPU that passes the trial, else the CPU, and a sentence about those passed over."""
    faults: list[str] = []
    for device in gpus():
        fault = why_unusable(device)
        if not fault:
            # without an index where it can be: torch's current device, as `compute.device = "cuda"`
            return device if device.index else torch.device(device.type), passed_over_text(faults, str(device))
        faults.append(f"{device}: {fault}")
    return torch.device("cpu"), passed_over_text(faults, "the CPU")

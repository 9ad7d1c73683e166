"""What tasks say while they run: progress, alerts, and sentences about the machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from evenhand.models.network import Network
from evenhand.training.config import bf16_keys
from evenhand.training.emulated import emulation_notes, recorded_precision_note
from evenhand.training.tasks.context import TaskContext

Report = Callable[[Any], None]
"""Called with [epochs done, epochs in all], {"alarm": …}, {"message": …}, or {"note": …}, which all say once."""


def say_emulated(context: TaskContext, progress: Report | None) -> None:
    """Say where a model asks for bf16 on a GPU that emulates it."""
    keys = bf16_keys(context.train, context.model.frozen_precision)
    if progress is not None and keys:
        for note in emulation_notes(context.device, {context.model.name: keys})["notes"]:
            progress({"note": note})


def say_recorded_precision(network: Network, device: torch.device, progress: Report | None) -> None:
    """Say where the frozen part of a network computes in bf16, as in its record, without hardware for it."""
    note = recorded_precision_note(network, device)
    if progress is not None and note:
        progress({"note": note})

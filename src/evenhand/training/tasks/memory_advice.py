"""What to lower where memory is short, with the values that a task has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.base.errors import EvenhandError
from evenhand.training.device_faults import DeviceFault
from evenhand.training.tasks.context import TaskContext


def training_advice(fault: DeviceFault, arguments: Mapping[str, Any]) -> str:
    """Return what lowers the memory of a training, as a sentence."""
    context = _context(arguments)
    if context is None:
        return f"Lower train.batch_size or the size of rows, take a smaller encoder, {_fewer(fault, context)}."
    size = "" if context.model.size is None else f" or its size ({context.model.size} px)"
    batch = f"train.batch_size ({context.train.batch_size}; train.accumulate_grad_batches keeps the rows of a step)"
    return (
        f"Lower {batch} of model {context.model.name}{size}, take a smaller encoder than {context.model.encoder}, "
        f"{_fewer(fault, context)}."
    )


def prediction_advice(fault: DeviceFault, arguments: Mapping[str, Any]) -> str:
    """Return what leaves more memory to predictions, as a sentence."""
    return f"End other programs that use it, {_fewer(fault, _context(arguments))}."


def _context(arguments: Mapping[str, Any]) -> TaskContext | None:
    try:
        return TaskContext.of(arguments["record"], arguments["store"], arguments["model"])
    except EvenhandError:  # whatever is wrong with the record, the task failed of memory
        return None


def _fewer(fault: DeviceFault, context: TaskContext | None) -> str:
    if fault.remedy == "alone here":
        return "or lower compute.workers"
    each = 1 if context is None else context.record.resolved().get("compute", {}).get("per_device", 1)
    return 'or set compute.device = "cpu"' if each == 1 else f"or lower compute.per_device ({each})"

"""Inference: logits and probabilities of inputs, in larger batches than those of training where memory allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from evenhand.base.values import Floats, Ints
from evenhand.training.device_faults import device_fault, free_memory
from evenhand.training.inputs.batch_order import in_order
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.inputs.length_order import lengths_of
from evenhand.training.optim.precision import Precision

T = TypeVar("T")

AT_ONCE = 4
"""Batches of training in one of evaluation on an NVIDIA GPU: no activations are held there for gradients."""


def evaluation_rows(batch_size: int, device: torch.device) -> int:
    """Return the rows of a batch in evaluation, where the inputs do not say (`at_once`).

    On the CPU those of training, whose batches stay in its caches; Apple GPUs were not measured.
    """
    return batch_size * (AT_ONCE if device.type == "cuda" else 1)


def as_memory_allows(run: Callable[[int], T], rows: int, least: int) -> T:
    """Return run(rows), or run(least) if the device has no memory for that many rows at a time.

    Parameters
    ----------
    run
        Called with the rows of a batch; it may be called anew.
    """
    if rows > least:
        try:
            return run(rows)
        except RuntimeError as error:
            fault = device_fault(error)
            if fault is None or fault.remedy != "alone":
                raise
        # out of the handler: the exception holds the frames of the run, and they its tensors
        free_memory()
    return run(least)


def predict_logits(
    module: nn.Module, inputs: Inputs, rows: Ints, k: int, *, batch_size: int, precision: Precision
) -> Floats:
    """Return (len(rows), k) float64 logits, averaged over the views of the inputs.

    Parameters
    ----------
    module
        The tuned part of a network; it is set to evaluation mode.
    batch_size
        That of training; batches are larger as `evaluation_rows` says, and as memory allows.
    """
    module.eval()
    out = np.empty((len(rows), k))
    lengths = lengths_of(inputs)
    order = np.arange(len(rows)) if lengths is None else np.argsort(lengths[rows], kind="stable")
    in_turn = torch.from_numpy(rows[order])

    def fill(size: int) -> None:
        for places, part in zip(in_order(order, size), in_order(in_turn, size), strict=True):
            out[places] = _mean_over_views(module, inputs, part, precision)

    if inputs.at_once is not None:
        fill(inputs.at_once)
    else:
        as_memory_allows(fill, evaluation_rows(batch_size, precision.device), batch_size)
    return out


def _mean_over_views(module: nn.Module, inputs: Inputs, rows: Tensor, precision: Precision) -> Floats:
    total: Any = 0.0  # in float64, which Apple GPUs lack: sums of bf16 logits would lose digits
    for view in range(inputs.views):
        with torch.no_grad(), precision.cast():
            total = total + module(inputs.look(rows, view)).cpu().double()
    return np.asarray((total / inputs.views).numpy())


def probabilities(logits: Tensor, *, multi_label: bool) -> Floats:
    """Return (n, k) float64 probabilities: softmax, or a sigmoid per class where several may hold."""
    wide = logits.cpu().double()
    return np.asarray((wide.sigmoid() if multi_label else wide.softmax(dim=1)).numpy())

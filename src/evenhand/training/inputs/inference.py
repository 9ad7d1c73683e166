"""Inference: logits and probabilities of inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from evenhand.base.values import Floats, Ints
from evenhand.training.inputs.batch_order import in_order
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.inputs.length_order import lengths_of
from evenhand.training.optim.precision import Precision


def predict_logits(
    module: nn.Module, inputs: Inputs, rows: Ints, k: int, *, batch_size: int, precision: Precision
) -> Floats:
    """Return (len(rows), k) float64 logits, averaged over the views of the inputs.

    Parameters
    ----------
    module
        The tuned part of a network; it is set to evaluation mode.
    """
    module.eval()
    out = np.empty((len(rows), k))
    lengths = lengths_of(inputs)
    order = np.arange(len(rows)) if lengths is None else np.argsort(lengths[rows], kind="stable")
    size = inputs.at_once or batch_size
    for places, part in zip(in_order(order, size), in_order(torch.from_numpy(rows[order]), size), strict=True):
        out[places] = _mean_over_views(module, inputs, part, precision)
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

"""Averages over views of a row at prediction (test-time augmentation)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from evenhand.base.values import Floats
from evenhand.modalities.views import PLAIN, View, Viewed, views_of
from evenhand.models.network import Network
from evenhand.training.assignment import Assignment
from evenhand.training.inputs import Inputs, ViewInputs
from evenhand.training.prediction import probabilities
from evenhand.training.stages import activations_of, picture_inputs


def over_views(assignment: Assignment, logits_of: Callable[[View], Floats]) -> Floats:
    """Return (n, k) float64 logits whose probabilities are the average over the model's test views.

    Averaged are probabilities or logits, as `test_views_mean` says. Logits of averaged probabilities are their
    logarithms (of the odds, where several labels may hold), so that softmax or sigmoid gives them back.

    Parameters
    ----------
    logits_of
        What the network says of the rows as one view shows them: (n, k).
    """
    views = views_of(assignment.kind, assignment.model.test_views)
    if len(views) == 1:
        return logits_of(views[0])
    several = assignment.samples.multi_label
    if assignment.model.test_views_mean == "logits":
        return np.asarray(sum(logits_of(view) for view in views) / len(views))
    told = (probabilities(torch.from_numpy(logits_of(view)), several=several) for view in views)
    mean = np.clip(sum(told) / len(views), np.finfo(np.float64).tiny, 1.0)
    return np.asarray(np.log(mean) - np.log1p(-np.minimum(mean, 1 - 1e-16)) if several else np.log(mean))


def inputs_seen(
    assignment: Assignment, network: Network, pictures: Any, rows: str, view: View, device: torch.device
) -> Inputs:
    """Return what the tuned part is given of encoded rows as a view shows them.

    Parameters
    ----------
    rows
        What names the rows in the store; activations of each view lie there under a name of their own.
    """
    shown = pictures if view is PLAIN else Viewed(pictures, view)
    if network.frozen is None:
        return picture_inputs(assignment, network, shown, device)
    name = rows if view is PLAIN else f"{rows}+{view.name}"
    activations = activations_of(network, shown, assignment, name, device)
    return ViewInputs(activations, network.model.views_use, device=device)

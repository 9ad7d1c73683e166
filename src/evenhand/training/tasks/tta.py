"""Averages over views of a row at prediction (test-time augmentation)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from evenhand.base.values import Floats
from evenhand.modalities.views import View, views_of
from evenhand.training.inputs.inference import probabilities
from evenhand.training.tasks.context import TaskContext


def over_views(context: TaskContext, logits_of: Callable[[View], Floats]) -> Floats:
    """Return (n, k) float64 logits whose probabilities are the average over the model's test views.

    Averaged are probabilities or logits, as `test_views_mean` says. Logits of averaged probabilities are their
    logarithms (of the odds, where several labels may hold), so that softmax or sigmoid gives them back.

    Parameters
    ----------
    logits_of
        What the network says of the rows as one view shows them: (n, k).
    """
    views = views_of(context.kind, context.model.test_views)
    if len(views) == 1:
        return logits_of(views[0])
    several = context.samples.multi_label
    if context.model.test_views_mean == "logits":
        return np.asarray(sum(logits_of(view) for view in views) / len(views))
    told = (probabilities(torch.from_numpy(logits_of(view)), several=several) for view in views)
    mean = np.clip(sum(told) / len(views), np.finfo(np.float64).tiny, 1.0)
    return np.asarray(np.log(mean) - np.log1p(-np.minimum(mean, 1 - 1e-16)) if several else np.log(mean))

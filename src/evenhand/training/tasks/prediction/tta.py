"""Test-time augmentation: predictions averaged over views of a row."""

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

    `test_views_mean` selects whether probabilities or logits are averaged. Logits of averaged probabilities are
    their logarithms (log odds, where several labels may hold), so that softmax or sigmoid gives them back.

    Parameters
    ----------
    logits_of
        View -> (n, k) logits of the rows as that view shows them.
    """
    views = views_of(context.kind, context.model.test_views)
    if len(views) == 1:
        return logits_of(views[0])
    multi_label = context.samples.multi_label
    if context.model.test_views_mean == "logits":
        return np.asarray(sum(logits_of(view) for view in views) / len(views))
    each = (probabilities(torch.from_numpy(logits_of(view)), multi_label=multi_label) for view in views)
    # a class that every view gives probability 0 keeps a finite logit
    mean = np.clip(sum(each) / len(views), np.finfo(np.float64).tiny, 1.0)
    return np.asarray(np.log(mean) - np.log1p(-np.minimum(mean, 1 - 1e-16)) if multi_label else np.log(mean))

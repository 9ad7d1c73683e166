"""The second set of rows beside a fit: judged now and then, predicted at the end, never selected on."""

from __future__ import annotations

import numpy as np
import torch

from evenhand.base.values import RowSet
from evenhand.models.network import Network
from evenhand.training.inputs.targets import Targets
from evenhand.training.loop.fit_spec import SecondSet
from evenhand.training.monitor.scorer import scorer_of
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.stages import stages_of

"""Name of the second set in epochs, predictions and scores."""


def further_of(context: TaskContext, network: Network, device: torch.device) -> tuple[SecondSet, ...]:
    """Return the second set of a record as a spec takes it; nothing where there is none."""
    second = context.generalization
    if second is None:
        return ()
    labels, known = second.labels, np.flatnonzero(second.samples.known)
    samples = second.samples
    return (
        SecondSet(
            name=RowSet.GENERALIZATION,
            inputs=tuple(stage.inputs for stage in stages_of(second, network, device)),
            targets=Targets(labels, samples.k, device=device),
            rows=second.rows[known],
            scorer=scorer_of(
                samples.labels[known],
                samples.classes,
                context.score.weights,
                context.classes.sets,
                samples.levels,
                samples.groups[known] if samples.grouped else None,
            ),
            every=context.train.judge_generalization_every,
        ),
    )

"""predictions.parquet of a task: what a network says of rows that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch

from evenhand.base.storage.atomic import replacing
from evenhand.base.values import Floats, Ints, Strings
from evenhand.modalities.views import PLAIN, View, seen
from evenhand.models.network import Network
from evenhand.training.inputs.inference import predict_logits, probabilities
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.loop.fit_spec import FitSpec
from evenhand.training.optim.precision import precision
from evenhand.training.tasks.build_inputs import given
from evenhand.training.tasks.context import TaskContext, TaskRows
from evenhand.training.tasks.stages import plans
from evenhand.training.tasks.tta import over_views

Correct = Callable[[Floats], Floats]
"""(n, k) logits as trained -> as they are judged."""


def write_predictions(
    path: Path, context: TaskContext, spec: FitSpec, parts: TaskRows, stage: int, correct: Correct
) -> None:
    """Write what the network says of the held-out, the locked and the second set's rows.

    Columns id, set ("validation", "test", or the name of the second set), p:CLASS and logit:CLASS.

    Parameters
    ----------
    stage
        The one that the weights were judged in.
    correct
        What is done to the logits, as it was when the weights were judged.
    """
    rows = np.concatenate([parts.validation, parts.test])
    told = partial(_over_views, spec=spec, stage=stage, correct=correct)
    logits = [told(context, spec.stages[stage].inputs, context.rows[rows])]
    ids = [context.samples.ids[rows]]
    sets = ["validation"] * len(parts.validation) + ["test"] * len(parts.test)
    second = context.generalization
    for further in spec.further if second is not None else ():
        assert second is not None
        logits.append(told(second, further.inputs[stage], second.rows))
        ids.append(second.samples.ids)
        sets += [further.name] * len(second.samples)
    table = _table(context.samples.classes, np.concatenate(ids), sets, np.concatenate(logits), spec)
    with replacing(path) as part:
        table.to_parquet(part, index=False)


def _over_views(
    context: TaskContext, inputs: Inputs, rows: Ints, *, spec: FitSpec, stage: int, correct: Correct
) -> Floats:
    """Return (len(rows), k) logits averaged over the model's test views; `inputs` give the plain one."""

    def logits_seen(view: View) -> Floats:
        if view is PLAIN:
            return correct(logits_of(spec, inputs, rows))
        entry = context.entry(plans(context.model, context.train)[stage].size)
        shown = given(context, cast(Network, spec.network), seen(entry, view), spec.device)
        return correct(logits_of(spec, shown, rows))

    return over_views(context, logits_seen)


def _table(classes: Sequence[str], ids: Strings, sets: list[str], logits: Floats, spec: FitSpec) -> pd.DataFrame:
    found = probabilities(torch.from_numpy(logits), several=spec.targets.several)
    return pd.concat(
        [
            pd.DataFrame({"id": ids, "set": sets}),
            pd.DataFrame(found, columns=[f"p:{name}" for name in classes]),
            pd.DataFrame(logits, columns=[f"logit:{name}" for name in classes]),
        ],
        axis=1,
    )


def logits_of(spec: FitSpec, inputs: Inputs, rows: Ints) -> Floats:
    """Return (len(rows), k) logits of a spec's network for rows of some inputs, as the network gives them."""
    return predict_logits(
        spec.network.tuned,
        inputs,
        rows,
        spec.targets.k,
        batch_size=spec.train.batch_size,
        precision=precision(spec.train.precision, spec.device),
    )

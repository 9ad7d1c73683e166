"""predictions.parquet of a task: predictions for rows that the network was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import torch

from evenhand.base.storage.files.atomic import replacing
from evenhand.base.values import Floats, Ints, Strings
from evenhand.modalities.views import PLAIN, View, seen
from evenhand.models.network import Network
from evenhand.training.inputs.inference import predict_logits, probabilities
from evenhand.training.inputs.inputs import Inputs
from evenhand.training.loop.fit_spec import FitSpec
from evenhand.training.monitor.scorer import Score
from evenhand.training.optim.precision import precision
from evenhand.training.tasks.build_inputs import sample_inputs
from evenhand.training.tasks.context import TaskContext, TaskRows
from evenhand.training.tasks.prediction.tta import over_views
from evenhand.training.tasks.stages import stage_plans

Correct = Callable[[Floats], Floats]
"""(n, k) logits as trained -> logits under the prior that probabilities stand for."""


def write_predictions(
    path: Path, context: TaskContext, spec: FitSpec, parts: TaskRows, stage: int, correct: Correct
) -> None:
    """Write the predictions for held-out rows, locked rows and those of the second set.

    Columns id, set ("validation", "test", or the name of the second set), p:CLASS and logit:CLASS.

    Parameters
    ----------
    stage
        Position of the stage that the weights were selected in.
    correct
        Correction of the logits, the same as when the weights were selected.
    """
    rows = np.concatenate([parts.validation, parts.test])
    predict = partial(_mean_logits, spec=spec, stage=stage, correct=correct)
    logits = [predict(context, spec.stages[stage].inputs, rows)]
    ids = [context.samples.ids[rows]]
    sets = ["validation"] * len(parts.validation) + ["test"] * len(parts.test)
    second = context.generalization
    for second_set in spec.second_sets if second is not None else ():
        assert second is not None
        logits.append(predict(second, second_set.inputs[stage], np.arange(len(second.samples))))
        ids.append(second.samples.ids)
        sets += [second_set.name] * len(second.samples)
    table = _table(context.samples.classes, np.concatenate(ids), sets, np.concatenate(logits), spec)
    with replacing(path) as part:
        table.to_parquet(part, index=False)


def _mean_logits(
    context: TaskContext, inputs: Inputs, rows: Ints, *, spec: FitSpec, stage: int, correct: Correct
) -> Floats:
    """Return (len(rows), k) logits averaged over the model's test views; `inputs` hold the plain view."""

    def view_logits(view: View) -> Floats:
        # its inputs are there already, and of a frozen part its activations
        if view is PLAIN:
            return correct(logits_of(spec, inputs, rows))
        entry = context.entry(stage_plans(context.model, context.train)[stage].size)
        view_inputs = sample_inputs(context, cast(Network, spec.network), seen(entry, view), spec.device)
        return correct(logits_of(spec, view_inputs, rows))

    return over_views(context, view_logits)


def _table(classes: Sequence[str], ids: Strings, sets: list[str], logits: Floats, spec: FitSpec) -> pd.DataFrame:
    found = probabilities(torch.from_numpy(logits), multi_label=spec.targets.multi_label)
    return pd.concat(
        [
            pd.DataFrame({"id": ids, "set": sets}),
            pd.DataFrame(found, columns=[f"p:{name}" for name in classes]),
            pd.DataFrame(logits, columns=[f"logit:{name}" for name in classes]),
        ],
        axis=1,
    )


def score_of(spec: FitSpec, stage: int, rows: Ints, correct: Correct) -> Score:
    """Return the score of a spec's network on its validation rows, by the plain view.

    `stage` and `correct` are those of `write_predictions`.
    """
    logits = torch.from_numpy(correct(logits_of(spec, spec.stages[stage].inputs, rows)))
    return spec.scorer(probabilities(logits, multi_label=spec.targets.multi_label))


def logits_of(spec: FitSpec, inputs: Inputs, rows: Ints) -> Floats:
    """Return (len(rows), k) uncorrected logits of a spec's network for rows of some inputs."""
    return predict_logits(
        spec.module,
        inputs,
        rows,
        spec.targets.k,
        batch_size=spec.train.batch_size,
        precision=precision(spec.train.precision, spec.device),
    )

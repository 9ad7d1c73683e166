"""Predictions by one network of a record: for new rows, and for the first steps of the rows of the run."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from evenhand.balance.correction.unsmoothing import Unsmoothing, corrected
from evenhand.base.storage.files.atomic import replacing
from evenhand.base.values import Floats
from evenhand.data.store.entry import StoreEntry
from evenhand.data.store.store import StorePlace
from evenhand.modalities.prefixes import first_steps
from evenhand.modalities.views import View, seen
from evenhand.models.io.network_files import load_network
from evenhand.models.network import Network
from evenhand.training.device import device_of
from evenhand.training.device_faults import on_device
from evenhand.training.inputs.inference import predict_logits, probabilities
from evenhand.training.optim.precision import inference_precision
from evenhand.training.tasks.build_inputs import build_inputs
from evenhand.training.tasks.context import TaskContext
from evenhand.training.tasks.memory_advice import prediction_advice
from evenhand.training.tasks.notes import Report, say_recorded_precision
from evenhand.training.tasks.numerics import compiler_of, numerics, placed
from evenhand.training.tasks.prediction.tta import over_views
from evenhand.training.tasks.predictions_file import Correct
from evenhand.training.tasks.task_files import SOUP, WEIGHTS, kept_soup, summary_of


@on_device(prediction_advice)
def predict_fold(
    record: str,
    store: StorePlace,
    entry: str,
    model: str,
    fold: int,
    seed: int,
    threads: int,
    out: str,
    sizes: Mapping[str, str] | None = None,
    progress: Report | None = None,
) -> dict[str, Any]:
    """Write (n, k) float64 probabilities of encoded rows by one network of a record to `out` (.npy).

    Where the seeds of the fold were averaged into a soup that was kept, the soup predicts for each of them.

    Parameters
    ----------
    entry
        Entry of the rows in the store, encoded at the model's own size.
    sizes
        Size in px as text ("288") -> entry of the same rows, for stages that were trained at other sizes.

    Returns
    -------
    {"rows", "out"}
    """
    context = TaskContext.of(record, store, model)
    size = context.size_of_fold(fold, seed)
    rows = context.store.open(entry if size == context.model.size else (sizes or {})[str(size)])
    with numerics(context, threads):
        network, correct = network_of_fold(context, fold, seed)
        say_recorded_precision(network, device_of(context.device), progress)
        found = network_probabilities(context, network, rows, correct, progress)
    with replacing(Path(out)) as part, part.open("wb") as file:
        np.save(file, found, allow_pickle=False)
    return {"rows": len(found), "out": out}


@on_device(prediction_advice)
def predict_prefixes(
    record: str,
    store: StorePlace,
    model: str,
    fold: int,
    seed: int,
    rows: list[int],
    steps: list[int],
    threads: int,
    out: str,
) -> dict[str, Any]:
    """Write (len(steps), len(rows), k) float64 probabilities to `out` (.npy), after each number of steps.

    Parameters
    ----------
    rows
        Positions of samples of the run.
    steps
        Numbers of steps that the network sees; a row with fewer is seen whole.

    Returns
    -------
    {"rows", "out"}
    """
    context = TaskContext.of(record, store, model)
    network, correct = network_of_fold(context, fold, seed)
    entry = context.entry(context.size_of_fold(fold, seed))
    at = context.rows[np.array(rows, dtype=np.int64)]
    with numerics(context, threads):
        found = np.stack(
            [
                network_probabilities(
                    context, network, first_steps(entry, context.kind.sequence, at, count), correct
                )
                for count in steps
            ]
        )
    with replacing(Path(out)) as part, part.open("wb") as file:
        np.save(file, found, allow_pickle=False)
    return {"rows": len(rows), "out": out}


def network_of_fold(context: TaskContext, fold: int, seed: int) -> tuple[Network, Correct]:
    """Return the network that predicts for a fold and a seed, and the correction of its logits.

    Where the seeds of the fold were averaged into a soup that was kept, it is the soup.
    """
    task = context.record.task_folder(context.model.name, fold, seed)
    soup = kept_soup(task.parent)
    weights = (task if soup is None else soup) / WEIGHTS
    summary = summary_of(task, only=".safetensors" if soup is None else ".json")
    if soup is not None and (soup / SOUP).is_file():
        summary = summary_of(soup, SOUP, only=".safetensors")
    return load_network(weights, shared=context.shared), _correct(summary)


def _correct(summary: Mapping[str, Any]) -> Correct:
    """Return the correction of the logits that the document of a task or a soup holds."""
    unsmoothing = Unsmoothing.of(summary.get("unsmoothing"))
    return partial(corrected, shift=summary.get("correction"), unsmoothing=unsmoothing)


def network_probabilities(
    context: TaskContext,
    network: Network,
    entry: StoreEntry,
    correct: Correct | None = None,
    progress: Report | None = None,
) -> Floats:
    """Return (n, k) float64 probabilities of all rows of an entry by a network, averaged over test views.

    Parameters
    ----------
    correct
        Correction of the logits to the prior that the task corrected to; None leaves them as they are.
    """
    device = placed(context, network)
    compiler = compiler_of(context, device, progress)
    module = network.tuned if compiler is None else compiler(network.tuned)

    def logits_of(view: View) -> Floats:
        logits = predict_logits(
            module,
            build_inputs(context, network, seen(entry, view), device),
            np.arange(len(entry)),
            context.samples.k,
            batch_size=context.train.batch_size,
            precision=inference_precision(context.train.precision, device),
        )
        return logits if correct is None else correct(logits)

    logits = over_views(context, logits_of)
    return probabilities(torch.from_numpy(logits), multi_label=context.samples.multi_label)

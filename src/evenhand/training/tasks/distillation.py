"""Distillation: a student learns from what a teacher said of rows that the teacher had not seen.

A teacher knows the labels of the rows it was trained on, and says so with a confidence that it has nowhere else.
What is passed on is therefore its out-of-fold probabilities, and teacher and student have the same folds: a row
that the student is trained on is spoken of by the teacher of the fold that held that row out.

Probabilities stand for a prior: the teacher's for the one that its record judges it under, the student's, while it
is trained, for what its sampler, weights, loss and label smoothing make it believe. What the teacher says is moved
from the one to the other, or a student whose skew is corrected would be pulled back by its teacher, and corrected
again at the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from evenhand.balance.correction.unsmoothing import Unsmoothing
from evenhand.balance.plan import plan_of
from evenhand.balance.prior.effective_prior import EffectivePrior
from evenhand.base.errors import RecordError, TaskError, unknown
from evenhand.base.storage.record import Record
from evenhand.base.values import TEST, Floats, Ints, RowSet, Samples
from evenhand.training.config import DistillConfig
from evenhand.training.tasks.context import TaskContext

LEAST = 1e-6
"""Smallest probability of a teacher that is told apart from none."""


@dataclass(frozen=True, eq=False)
class Teacher:
    """What a teacher said of each row, and how far it is listened to.

    Attributes
    ----------
    logs
        (n, k) float32 logarithms of its out-of-fold probabilities under the student's prior, by the store's rows.
    how
        Temperature, weight and the epochs in which it is heard.
    """

    logs: Tensor
    how: DistillConfig

    def joined(self, loss: Tensor, logits: Tensor, rows: Tensor, epoch: int) -> Tensor:
        """Return the mean loss of a batch with the teacher's part, as heard in an epoch.

        (1 - w) · loss + w · T² · KL(p^(1/T) ‖ q^(1/T)) with the teacher's p and the student's q, each scaled to
        sum to 1 (Hinton, Vinyals and Dean 2015, section 2; T² keeps the gradients of one size).

        Parameters
        ----------
        loss
            Mean loss against the labels.
        logits
            (b, k) float32 of the student.
        rows
            (b,) positions of the batch.
        """
        if not self.how.hears(epoch):
            return loss
        t, w = self.how.temperature, self.how.weight
        said = torch.log_softmax(self.logs.index_select(0, rows) / t, dim=1)
        own = torch.log_softmax(logits / t, dim=1)
        apart = functional.kl_div(own, said, reduction="batchmean", log_target=True)
        return (1.0 - w) * loss + w * t * t * apart


def teacher_of(context: TaskContext, fit: Ints, device: torch.device) -> Teacher | None:
    """Return the teacher of a task, or None where its model has none.

    Parameters
    ----------
    fit
        Positions of the samples that the student is trained on.

    Raises
    ------
    TaskError
        If the teacher's record cannot be read, or has no such model, other classes or folds, or lacks rows.
    """
    how = context.train.distill
    if how is None:
        return None
    samples = context.samples
    if samples.multi_label:
        raise TaskError("train.distill needs rows with one class each, and these may have several. Leave it out.")
    said = out_of_fold(how, samples)
    check_folds(how, said, context, fit)
    found = said.reindex(samples.ids[fit])[[f"p:{name}" for name in samples.classes]].to_numpy(np.float64)
    smoothing = context.train.label_smoothing
    prior = plan_of(context.balance, samples.labels[fit], samples.classes, smoothing=smoothing).prior
    logs = np.log(np.maximum(found, LEAST)) + (_log_ratio(prior.hard) - judged_under(how))
    if smoothing:
        logs = Unsmoothing(smoothing, prior.lean).added(logs)
    rows = context.rows[fit]
    return Teacher(_by_row(logs, rows, int(context.rows.max(initial=-1)) + 1).to(device), how)


def _by_row(said: Floats, rows: Ints, n: int) -> Tensor:
    logs = torch.zeros(n, said.shape[1])
    logs[torch.from_numpy(rows)] = torch.from_numpy(said).log_softmax(dim=1).float()
    return logs


def judged_under(how: DistillConfig) -> Floats | float:
    """Return (k,) logarithms of the prior that the teacher's probabilities stand for over the natural one.

    Raises
    ------
    TaskError
        If the models of an ensemble stand for several priors.
    """
    record = Record.open(how.record)
    ledgers = record.json("balance.json") if record.has("balance.json") else []
    own = [one for one in ledgers if how.model in one["models"]] or ledgers
    last = {name: one for one in own for name in one["models"]}.values()  # of several stages, the last one
    priors = [
        np.array([_log(one["judged"][row["class"]], row["natural"]) for row in one["classes"]]) for one in last
    ]
    if any(np.abs(one - priors[0]).max() > 0.01 for one in priors[1:]):
        raise TaskError(
            f"train.distill: the models behind {how.model} of {how.record} are judged under several priors, so it "
            "is not known what its probabilities stand for. Take one of its models, or give them all the same "
            "balance.correct_to."
        )
    return priors[0] if priors else 0.0


def _log_ratio(prior: EffectivePrior) -> Floats:
    return np.array([_log(*pair) for pair in zip(prior.shares, prior.natural, strict=True)])


def _log(share: float, natural: float) -> float:
    return math.log(share / natural) if share > 0 and natural > 0 else 0.0


def out_of_fold(how: DistillConfig, samples: Samples) -> pd.DataFrame:
    """Return what the teacher said out of fold by id: columns fold and p:CLASS.

    Raises
    ------
    TaskError
        If its record cannot be read, or has no such model or other classes.
    """
    try:
        record = Record.open(how.record)
        table, classes = record.predictions(), tuple(record.data()["classes"])
    except RecordError as error:
        raise TaskError(f"train.distill: the teacher's record cannot be read. {error}") from None
    names = list(dict.fromkeys(table["model"].astype(str)))
    if how.model not in names:
        raise TaskError(f"train.distill: {how.record}: {unknown('model', how.model, names)}")
    if classes != samples.classes:
        raise TaskError(
            f"train.distill: the teacher tells apart {', '.join(classes)}, and here are "
            f"{', '.join(samples.classes)}. A teacher has the same classes, in the same order."
        )
    own = table[(table["model"] == how.model) & (table["set"] == RowSet.OUT_OF_FOLD)]
    return own.set_index(own["id"].astype(str))


def check_folds(how: DistillConfig, said: pd.DataFrame, context: TaskContext, fit: Ints) -> None:
    """Raise where what the teacher said of a training row is not out of fold here, or it learned from locked rows.

    Raises
    ------
    TaskError
        With the number of rows, the first of them, and what to do.
    """
    ids = context.samples.ids[fit]
    known = pd.Index(ids).isin(said.index)
    if not known.all():
        raise TaskError(
            f"train.distill: {how.model} of {how.record} said nothing out of fold of {int((~known).sum()):,} of "
            f"{len(ids):,} training rows (first: {ids[~known][0]}). Take a teacher of the same data."
        )
    every = context.samples.ids
    locked = every[(context.folds.of(every) == TEST) & pd.Index(every).isin(said.index)]
    if len(locked):
        raise TaskError(
            f"train.distill: {how.model} of {how.record} was trained on {len(locked):,} rows that are locked here "
            f"(first: {locked[0]}), and would pass on their labels. Give this run the teacher's folds: "
            f'folds.file = "{how.record}/folds.csv".'
        )
    theirs = said.loc[ids, "fold"].to_numpy(np.int64)
    ours = context.folds.of(ids)
    differ = (theirs != ours) | (theirs == TEST)
    if differ.any():
        raise TaskError(
            f"train.distill: {int(differ.sum()):,} of {len(ids):,} training rows lie in another fold of the "
            f"teacher's record (first: {ids[differ][0]}, fold {theirs[differ][0]} there, {ours[differ][0]} here), "
            "so it may have been trained on rows that are held out here. Give this run the teacher's folds: "
            f'folds.file = "{how.record}/folds.csv".'
        )

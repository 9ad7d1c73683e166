"""Distillation: a student learns from a teacher's out-of-fold probabilities, beside the labels.

A teacher is overconfident on the rows it was trained on. The student therefore learns from its out-of-fold
probabilities, and both have the same folds: the target of a training row comes from the fold model that held it
out.

Probabilities stand for a prior: the teacher's for the one that its record corrects to, the student's, while it is
trained, for the effective prior of its sampler, weights, loss and label smoothing. The teacher's probabilities are
shifted from the one to the other; otherwise a teacher would pull a student back whose class skew is corrected, and
the student would be corrected again at the end.
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
from evenhand.evaluation.reading.from_record import model_names
from evenhand.training.config import DistillConfig
from evenhand.training.tasks.context import TaskContext

LEAST = 1e-6
"""Smallest probability of a teacher; smaller ones are raised to it, so that logarithms stay finite."""


@dataclass(frozen=True, eq=False)
class Teacher:
    """Out-of-fold probabilities of a teacher, and their part in the loss.

    Attributes
    ----------
    logs
        (n, k) float32 log-probabilities under the student's prior, by the position of a sample; 0 for samples that
        the student is not trained on.
    how
        Temperature, weight and the epochs in which the teacher is active.
    """

    logs: Tensor
    how: DistillConfig

    def distilled_loss(self, loss: Tensor, logits: Tensor, rows: Tensor, epoch: int) -> Tensor:
        """Return the mean loss of a batch with the teacher's part; the plain loss in epochs without a teacher.

        (1 - w) · loss + w · T² · KL(p^(1/T) ‖ q^(1/T)) with the teacher's p and the student's q, each scaled to
        sum to 1 (Hinton, Vinyals and Dean 2015, section 2; T² keeps the scale of gradients independent of T).

        Parameters
        ----------
        loss
            Mean loss against the labels.
        logits
            (b, k) float32 of the student.
        rows
            (b,) positions of the batch.
        """
        if not self.how.is_active(epoch):
            return loss
        t, w = self.how.temperature, self.how.weight
        teacher = torch.log_softmax(self.logs.index_select(0, rows) / t, dim=1)
        student = torch.log_softmax(logits / t, dim=1)
        divergence = functional.kl_div(student, teacher, reduction="batchmean", log_target=True)
        return (1.0 - w) * loss + w * t * t * divergence


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
        raise TaskError("train.distill needs rows with one class each, and these may have several. Remove it.")
    table = teacher_table(how, samples)
    check_folds(how, table, context, fit)
    found = table.reindex(samples.ids[fit])[[f"p:{name}" for name in samples.classes]].to_numpy(np.float64)
    smoothing = context.train.label_smoothing
    weights = None if samples.weights is None else samples.weights[fit]
    prior = plan_of(
        context.balance, samples.labels[fit], samples.classes, smoothing=smoothing, weights=weights
    ).prior
    logs = np.log(np.maximum(found, LEAST)) + (_log_ratio(prior.hard) - teacher_prior(how))
    if smoothing:
        logs = Unsmoothing(smoothing, prior.lean).added(logs)
    by_sample = torch.zeros(len(samples), samples.k)
    by_sample[torch.from_numpy(fit)] = torch.from_numpy(logs).log_softmax(dim=1).float()
    return Teacher(by_sample.to(device), how)


def teacher_prior(how: DistillConfig) -> Floats | float:
    """Return (k,) log ratios of the prior that the teacher's probabilities stand for to the natural one.

    Raises
    ------
    TaskError
        If the models of an ensemble stand for several priors.
    """
    record = Record.open(how.record)
    ledgers = record.json("balance.json") if record.wrote("balance.json") else []
    own = [one for one in ledgers if how.model in one["models"]] or ledgers
    last = {name: one for one in own for name in one["models"]}.values()  # of several stages, the last one
    priors = [
        np.array([_log(one["output_prior"][row["class"]], row["natural"]) for row in one["classes"]])
        for one in last
    ]
    if any(np.abs(one - priors[0]).max() > 0.01 for one in priors[1:]):
        raise TaskError(
            f"train.distill: the models behind {how.model} of {how.record} are corrected to different priors, so "
            "the prior of its probabilities is not known. Use one of its models, or give them all the same "
            "balance.correct_to."
        )
    return priors[0] if priors else 0.0


def _log_ratio(prior: EffectivePrior) -> Floats:
    return np.array([_log(*pair) for pair in zip(prior.shares, prior.natural, strict=True)])


def _log(share: float, natural: float) -> float:
    # a class without rows has no ratio: its logits are left as they are
    return math.log(share / natural) if share > 0 and natural > 0 else 0.0


def teacher_table(how: DistillConfig, samples: Samples) -> pd.DataFrame:
    """Return the teacher's out-of-fold predictions by id: columns fold and p:CLASS.

    Raises
    ------
    TaskError
        If its record cannot be read, or has no such model or other classes.
    """
    try:
        record = Record.open(how.record)
        table, classes, names = record.predictions(), tuple(record.data()["classes"]), model_names(record)
    except RecordError as error:
        raise TaskError(f"train.distill: the teacher's record cannot be read. {error}") from None
    if how.model not in names:
        raise TaskError(f"train.distill: {how.record}: {unknown('model', how.model, names)}")
    if classes != samples.classes:
        raise TaskError(
            f"train.distill: the teacher has the classes {', '.join(classes)}, this run has "
            f"{', '.join(samples.classes)}. They must be the same, in the same order."
        )
    own = table[(table["model"] == how.model) & (table["set"] == RowSet.OUT_OF_FOLD)]
    return own.set_index(own["id"].astype(str))


def check_folds(how: DistillConfig, table: pd.DataFrame, context: TaskContext, fit: Ints) -> None:
    """Raise where a teacher's prediction is not out of fold in these folds, or where it was trained on locked rows.

    Raises
    ------
    TaskError
        With the number of rows, the first of them, and what to do.
    """
    ids = context.samples.ids[fit]
    known = pd.Index(ids).isin(table.index)
    if not known.all():
        raise TaskError(
            f"train.distill: {how.model} of {how.record} has no out-of-fold prediction for "
            f"{int((~known).sum()):,} of {len(ids):,} training rows (first: {ids[~known][0]}). Use a teacher that "
            "was trained on the same data."
        )
    # A locked row with an out-of-fold prediction was in training for every other fold of the teacher.
    every = context.samples.ids
    locked = every[(context.folds.of(every) == TEST) & pd.Index(every).isin(table.index)]
    if len(locked):
        raise TaskError(
            f"train.distill: {how.model} of {how.record} was trained on {len(locked):,} rows that are locked here "
            f"(first: {locked[0]}), and would pass on their labels. Give this run the teacher's folds: "
            f'folds.file = "{how.record}/folds.csv".'
        )
    theirs = table.loc[ids, "fold"].to_numpy(np.int64)
    ours = context.folds.of(ids)
    differ = (theirs != ours) | (theirs == TEST)
    if differ.any():
        raise TaskError(
            f"train.distill: {int(differ.sum()):,} of {len(ids):,} training rows are in another fold of the "
            f"teacher's record (first: {ids[differ][0]}, fold {theirs[differ][0]} there, {ours[differ][0]} here), "
            "so it may have been trained on rows that are held out here. Give this run the teacher's folds: "
            f'folds.file = "{how.record}/folds.csv".'
        )

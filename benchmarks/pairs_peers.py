"""What others make of frozen features and several labels, a fold at a time: run by `pairs.py`.

Both peers are written as their documentation has it, with what helps them: scikit-learn's C is found by the walk
that our own regression takes, in place of a grid of it, and `transformers`' Trainer gets whole batches from its
data set, in place of rows that it would have to stack.
"""

from __future__ import annotations

import copy
import tempfile
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from evenhand.models.heads.modules.logistic_regression import FACTOR, LEAST, MOST, START, inner_folds
from evenhand.training.config import TrainConfig

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class FoldRows:
    """Rows to fit on, and held-out rows to predict.

    Attributes
    ----------
    x, held
        (n, d) and (m, d) float32 features, not normalised.
    y
        (n, k) labels, 0 or 1.
    groups
        (n,) names; rows of one are never parted.
    """

    x: Array
    y: Array
    groups: Array
    held: Array


# scikit-learn


def one_vs_rest(rows: FoldRows) -> Array:
    """Return (m, k) probabilities of a logistic regression for each label, all with the C that does best inside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a label without rows in an inner fold, or iterations used up
        return sigmoid(logits_of(best_c(rows), rows.x, rows.y, rows.held))


def logits_of(c: float, x: Array, y: Array, held: Array) -> Array:
    """Return (m, k) logits of held-out rows; tolerance and iterations are those of our own regression."""
    solver = LogisticRegression(C=c, tol=1e-3, max_iter=200)
    fitted = make_pipeline(StandardScaler(), OneVsRestClassifier(solver)).fit(x, y)
    # not its probabilities: of float32 features they are float32, in which many are 1 exactly
    return np.asarray(fitted.decision_function(held), dtype=np.float64)


def best_c(rows: FoldRows) -> float:
    """Return the C at which the log-loss of inner held-out groups stops falling, walking from 0.01 by √10."""
    inner = inner_folds(rows.x, rows.y, rows.y.shape[1], rows.groups)
    losses: dict[float, float] = {}

    def loss(c: float) -> float:
        if c not in losses:
            losses[c] = sum(
                log_loss(logits_of(c, rows.x[fit], rows.y[fit], rows.x[held]), rows.y[held]) for fit, held in inner
            )
        return losses[c]

    best = START
    for step in (FACTOR, 1 / FACTOR):
        while LEAST <= best * step <= MOST and loss(best * step) < loss(best):
            best *= step
        if best != START:
            break
    return best


def log_loss(logits: Array, y: Array) -> float:
    """Return the log-loss summed over all cells."""
    return float((np.logaddexp(0.0, logits) - y * logits).sum())


def sigmoid(logits: Array) -> Array:
    """Return probabilities of float64 logits."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -logits)))


# transformers


class ForTrainer(nn.Module):
    """A head as the Trainer wants it: it returns its loss, and logits."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, features: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return the mean binary cross-entropy, and (b, k) logits."""
        logits = self.head(features)
        return {"loss": nn.functional.binary_cross_entropy_with_logits(logits, labels), "logits": logits}


class Batches(torch.utils.data.Dataset[Any]):
    """Rows of tensors, whole batches at a time."""

    def __init__(self, x: Array, y: Array) -> None:
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y.astype(np.float32))

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, at: int) -> dict[str, Tensor]:
        return {"features": self.x[at], "labels": self.y[at]}

    def __getitems__(self, at: list[int]) -> dict[str, Tensor]:
        """Return the rows as one batch; torch's DataLoader asks for this where there is one."""
        return {"features": self.x[at], "labels": self.y[at]}


def trainer(rows: FoldRows, head: nn.Module, train: TrainConfig, seed: int) -> Array:
    """Return (m, k) probabilities of a copy of a head that `transformers`' Trainer has fitted.

    Epochs, batch size, AdamW (fused), learning rate, weight decay, and a cosine after a warm-up are as `train` has
    them. Nothing is logged, saved or evaluated on the way, and gradients are not clipped.
    """
    from transformers import PrinterCallback, Trainer, TrainingArguments

    batches = Batches(rows.x, rows.y)
    steps = -(-len(batches) // train.batch_size)
    with tempfile.TemporaryDirectory() as folder:
        own = TrainingArguments(
            output_dir=folder,
            num_train_epochs=train.epochs,
            per_device_train_batch_size=train.batch_size,
            per_device_eval_batch_size=4096,
            optim="adamw_torch_fused",
            learning_rate=train.learning_rate,
            weight_decay=train.weight_decay,
            lr_scheduler_type="cosine",
            warmup_steps=round(train.warmup_epochs * steps),
            max_grad_norm=0.0,
            seed=seed,
            use_cpu=True,
            label_names=["labels"],
            remove_unused_columns=False,
            logging_strategy="no",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        module = ForTrainer(copy.deepcopy(head))
        found = Trainer(module, own, data_collator=_as_it_is, train_dataset=batches)
        found.remove_callback(PrinterCallback)
        found.train()
        nothing = np.zeros((len(rows.held), rows.y.shape[1]))
        logits = found.predict(Batches(rows.held, nothing)).predictions
    return sigmoid(np.asarray(logits, dtype=np.float64))


def _as_it_is(batch: dict[str, Tensor]) -> dict[str, Tensor]:
    return batch

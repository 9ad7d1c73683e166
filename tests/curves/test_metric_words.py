"""Names of metrics as libraries and people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.curves.metric_words import direction, metric_name
from evenhand.evaluation.core.metric import Numbered
from evenhand.evaluation.metrics import METRICS


@pytest.mark.parametrize(
    "name",
    ["val_loss", "eval_loss", "validation_loss", "valid/loss", "Loss/val", "loss/validation", "valLoss", "dev-loss",
     "validation/epoch_loss", "val_loss_epoch", "val_loss/dataloader_idx_0", "val.total_loss"],
)  # fmt: skip
def test_a_validation_loss_is_one_under_every_name(name):
    found = metric_name(name)
    assert (found.rows, found.metric, found.higher_is_better) == ("validation", "loss", False)


@pytest.mark.parametrize(
    ("name", "metric"),
    [("val_acc", "accuracy"), ("eval_f1_macro", "macro_f1"), ("val_AUROC", "roc_auc"), ("test/mcc", "matthews"),
     ("val_sparse_categorical_accuracy", "accuracy"), ("train_nll", "log_loss"), ("val_custom", "custom"),
     ("val_MulticlassAccuracy", "accuracy")],
)  # fmt: skip
def test_metrics_get_our_names(name, metric):
    assert metric_name(name).metric == metric


@pytest.mark.parametrize(
    "name",
    ["lr", "learning_rate", "lr-Adam/pg1", "grad_norm", "epoch", "step", "eval_runtime", "eval_samples_per_second",
     "epoch_learning_rate", "best_val_loss", "evaluation_loss_vs_iterations", "val", "seconds", "", "total_flos"],
)  # fmt: skip
def test_what_is_no_metric_has_no_name(name):
    assert metric_name(name) is None


def test_the_direction_of_every_metric_of_ours_is_that_of_the_registry():
    found = {name: metric.at(10) if isinstance(metric, Numbered) else metric for name, metric in METRICS}
    assert {name: direction(name) for name in found} == {n: metric.higher_is_better for n, metric in found.items()}


@given(st.text(max_size=60))
def test_no_name_breaks_it(text):
    found = metric_name(text)
    assert found is None or found.metric

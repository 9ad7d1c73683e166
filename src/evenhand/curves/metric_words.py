"""Names of metrics in logs: which set of rows they are of, what this package calls them, which way is better."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evenhand.curves.fit_curves import TEST, TRAIN, VALIDATION

_SETS = {
    **dict.fromkeys(("train", "training", "tr", "trn", "fit"), TRAIN),
    **dict.fromkeys(
        ("val", "vald", "vld", "valid", "validation", "eval", "evaluation", "dev", "validate"), VALIDATION
    ),
    **dict.fromkeys(("test", "testing", "tst"), TEST),
}
_OURS = {
    "accuracy": "accuracy acc top1 top_1 acc1 acc_1 categorical_accuracy sparse_categorical_accuracy "
    "binary_accuracy multiclass_accuracy multiclassaccuracy accuracy_score",
    "balanced_accuracy": "balanced_accuracy balanced_acc bal_acc",
    "macro_f1": "macro_f1 f1_macro macrof1 macro_avg_f1 macro_avg_f1_score",
    "weighted_f1": "weighted_f1 f1_weighted",
    "micro_f1": "micro_f1 f1_micro",
    "roc_auc": "roc_auc auc auroc auc_roc rocauc multiclassauroc binaryauroc",
    "average_precision": "average_precision ap map auprc pr_auc prc",
    "matthews": "matthews mcc matthews_correlation matthews_corrcoef",
    "calibration_error": "calibration_error ece expected_calibration_error",
    "log_loss": "log_loss logloss nll nll_loss cross_entropy crossentropy ce ce_loss cross_entropy_loss "
    "categorical_crossentropy sparse_categorical_crossentropy binary_crossentropy bce bce_loss",
    "loss": "loss objective total_loss",
}
_NAMES = {alias: ours for ours, aliases in _OURS.items() for alias in aliases.split()}
_LOWER = frozenset(
    """
    loss error err mse mae rmse perplexity ppl brier wer cer hamming nll ece entropy crossentropy
    logloss distance divergence
    """.split()  # noqa: SIM905  (a list of words)
)
_HIGHER = frozenset(
    """
    accuracy acc f1 fbeta auc auroc precision recall map score iou jaccard dice kappa matthews mcc r2
    bleu rouge ndcg mrr sensitivity specificity top fscore ap auprc
    """.split()  # noqa: SIM905  (a list of words)
)
_PASSED_BY = frozenset(
    """
    lr rate grad gradient norm runtime seconds second time timestamp eta epoch step steps iteration flos
    memory best vs samples throughput duration
    """.split()  # noqa: SIM905  (a list of words)
)
"""Words of figures about the machine or the schedule, of which there is no best epoch."""


@dataclass(frozen=True)
class MetricName:
    """The parts of a name: the set of rows ("" where it names none), our metric, the direction, and its grain.

    `grain` is "step" or "epoch" where the name ends in it (Lightning logs a mean of each epoch beside single
    steps).
    """

    rows: str
    metric: str
    higher_is_better: bool | None
    grain: str = ""


def metric_name(text: str) -> MetricName | None:
    """Return the parts of a name in a log; None for learning rates, times and other figures that are no metric.

    >>> metric_name("val_loss"), metric_name("Accuracy/train").metric, metric_name("lr-Adam")
    (MetricName(rows='validation', metric='loss', higher_is_better=False, grain=''), 'accuracy', None)
    >>> metric_name("train_loss_step").grain, metric_name("eval/f1_macro").metric
    ('step', 'macro_f1')
    """
    words = [word for word in re.split(r"[\s/_.\-:|]+", _snake(text).strip().lower()) if word]
    # "epoch_loss" of the callback of Keras, "val_loss/dataloader_idx_0" of Lightning
    words = words[1:] if words[:1] == ["epoch"] and len(words) > 1 else words
    words = words[:-3] if words[-3:] == ["dataloader", "idx", "0"] else words
    grain = words.pop() if len(words) > 1 and words[-1] in ("epoch", "step") else ""
    rows = ""
    for end in (0, -1):
        if words and words[end] in _SETS:
            rows = _SETS[words.pop(end)]
            break
    words = words[1:] if words[:1] == ["epoch"] and len(words) > 1 else words
    if not words or _PASSED_BY & set(words):
        return None
    metric = _NAMES.get("_".join(words), "_".join(words))
    return MetricName(rows, metric, direction(metric), grain)


def direction(metric: str) -> bool | None:
    """Return whether higher is better, by the words of a name; None where they do not say.

    >>> direction("macro_f1_rare"), direction("calibration_error"), direction("temperature")
    (True, False, None)
    """
    words = set(re.split(r"[\s/_.\-:|\[\]]+", metric.lower()))
    if words & _LOWER:
        return False
    return True if words & _HIGHER else None


def _snake(text: str) -> str:
    """Return a name in camel case with underscores: trainLoss, ValAccuracy."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text)

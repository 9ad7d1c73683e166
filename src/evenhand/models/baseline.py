"""The baseline of every table: a logistic regression on frozen features of a pretrained encoder. No torch.

A tuned network, a head or a blend that is not better than this has learned nothing beyond its encoder.
"""

from __future__ import annotations

from collections.abc import Iterable

from evenhand.models.config import ModelConfig

LOGISTIC_REGRESSION = "logistic_regression"
"""Name of the head that is fitted as a logistic regression, and of the baseline model."""


def is_logistic_regression(model: ModelConfig) -> bool:
    """Return whether a model is fitted as a logistic regression, in one step instead of epochs."""
    return model.head == LOGISTIC_REGRESSION


def baseline_of(models: Iterable[ModelConfig]) -> ModelConfig | None:
    """Return the baseline logistic regression of a run; None where one is configured, or there are no features.

    It has the inputs of the first model with a pretrained encoder: the same size, and the same pooling where that
    model's encoder is frozen as a whole (so that its features are in the store already), else the encoder's own.
    """
    models = list(models)
    if any(is_logistic_regression(model) or model.name == LOGISTIC_REGRESSION for model in models):
        return None
    first = next((model for model in models if has_frozen_features(model)), None)
    if first is None:
        return None
    shared = {"views", "view_profile", "views_use", "pool"} if first.tune == "head" else set()
    copied = {
        "encoder",
        "architecture",
        "options",
        "size",
        "frozen_precision",
        "view_dtype",
        "channels_last",
    } | shared
    return ModelConfig.model_validate(
        {
            **{name: getattr(first, name) for name in copied},
            "name": LOGISTIC_REGRESSION,
            "head": LOGISTIC_REGRESSION,
        }
    )


def has_frozen_features(model: ModelConfig) -> bool:
    """Return whether a model's encoder, or a tower in it, is pretrained ("timm:…", "package:…", "file:…")."""
    return model.pretrained and any(":" in str(name) for name in (model.encoder, *model.options.values()))

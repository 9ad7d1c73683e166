"""The baseline of every table: a logistic regression on frozen features of a pretrained encoder. No torch.

A tuned network, a head or a blend that does no better than this has learned nothing that its encoder did not know.
"""

from __future__ import annotations

from collections.abc import Iterable

from evenhand.models.config import ModelConfig

LOGISTIC_REGRESSION = "logistic_regression"
"""Name of the head that is fitted as a logistic regression, and of the standing row."""


def is_logistic_regression(model: ModelConfig) -> bool:
    """Return whether a model is fitted as a logistic regression, in one step instead of epochs."""
    return model.head == LOGISTIC_REGRESSION


def baseline_of(models: Iterable[ModelConfig]) -> ModelConfig | None:
    """Return the standing logistic regression of a run; None where one is named, or there are no features.

    It sees what the first model with a pretrained encoder sees: the same size, the same pooling where that model's
    encoder is frozen whole too (so that its features are in the store already), else the encoder's own.
    """
    models = list(models)
    if any(is_logistic_regression(model) or model.name == LOGISTIC_REGRESSION for model in models):
        return None
    first = next((model for model in models if has_frozen_features(model)), None)
    if first is None:
        return None
    shared = {"views", "view_profile", "views_use", "pool"} if first.tune == "head" else set()
    kept = {"encoder", "architecture", "size", "frozen_precision", "view_dtype", "channels_last"} | shared
    return ModelConfig.model_validate(
        {**{name: getattr(first, name) for name in kept}, "name": LOGISTIC_REGRESSION, "head": LOGISTIC_REGRESSION}
    )


def has_frozen_features(model: ModelConfig) -> bool:
    """Return whether a model's encoder comes trained from somewhere ("timm:…", "package:…", "file:…")."""
    return model.pretrained and ":" in model.encoder

"""Photos, two frozen encoders: linear heads on stages of Lite0 and Lite2, blended. Used by the demo."""

from __future__ import annotations

from evenhand.modalities.photos.demo import MODELS
from evenhand.pipeline.first_config.recipes import cost
from evenhand.pipeline.first_config.recipes.registry import DataFacts, FirstRecipe, Proposal, Speed, register

SIZE, LITE2 = 224, 2.3
"""Image size, px, and the cost of Lite2 relative to Lite0."""


def propose(data: DataFacts, speed: Speed, seconds: float) -> Proposal | None:
    """Return the only plan, or None if it does not fit."""
    folds = min(5, data.bearable_folds)
    expected = (
        cost.overhead(data, speed, 3, folds)
        + (1 + LITE2) * cost.frozen_features(data, speed, SIZE, 1)
        + cost.solved(data, speed, folds)
        + 2 * cost.head(data, speed, folds, 30)
    )
    why = ("Two encoders see different things; blended they do better than either.",)
    return Proposal(MODELS, folds, expected, why) if expected <= seconds else None


RECIPE = register(
    FirstRecipe(
        name="photos-two-encoders",
        kind="photos",
        rank=9,
        description="EfficientNet-Lite0 and Lite2 frozen, a linear head on the stages of each, blended.",
        tried=("solar cells",),
        propose=propose,
    )
)

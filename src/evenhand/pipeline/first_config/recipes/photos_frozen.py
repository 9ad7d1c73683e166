"""Photos, frozen: a linear head and a logistic regression on the pooled stages of Lite0. Minutes on any machine."""

from __future__ import annotations

from evenhand.pipeline.first_config.recipes import cost
from evenhand.pipeline.first_config.recipes.registry import DataFacts, FirstRecipe, Proposal, Speed, register
from evenhand.pipeline.first_config.recipes.steps import batch_for, epochs_for

FLOOR = """\
[[model]]                       # the floor: the encoder as it came
name = "frozen"
encoder = "package:efficientnet-lite0"
tune = "head"
pool = "stages"                 # features of the deeper stages too
{views}  [model.train]
  epochs = {epochs}
  batch_size = {batch}
  learning_rate = 2e-3

[[model]]                       # and without any training by steps
name = "logistic_regression"
encoder = "package:efficientnet-lite0"
head = "logistic_regression"    # C is chosen inside the folds
pool = "stages"
{views}"""

VIEWS = 'views = 2\nview_profile = "mirror"\nviews_use = "average"\n'

TEXT = """\
[photos]
size = {size}                      # px; pictures here are about {side}
fit = "squash"

{floor}
[train]
weight_decay = 0.05
label_smoothing = 0.1
early_stop = 0
"""


EPOCHS, BATCH, MOST, STEPS = 30, 256, 60, 150
"""Epochs and batch size of the linear head; for few photos, the most epochs and the optimizer steps to reach."""


def head_schedule(data: DataFacts, folds: int) -> tuple[int, int]:
    """Return epochs and batch size of the linear head."""
    batch = batch_for(data, folds, epochs=EPOCHS, batch=BATCH, steps=STEPS)
    return epochs_for(data, folds, epochs=EPOCHS, batch=batch, steps=STEPS, most=MOST), batch


def floor_text(data: DataFacts, folds: int, views: str) -> str:
    """Return the sections of the linear head and the logistic regression on frozen features."""
    epochs, batch = head_schedule(data, folds)
    return FLOOR.format(views=views, epochs=epochs, batch=batch)


def largest_size(data: DataFacts, *, most: int = 288, least: int = 96) -> int:
    """Return the image size to use if time allows, px: at most twice that of the photos, `least` to `most`."""
    return most if data.side is None else min(most, max(least, 32 * round(2 * data.side / 32)))


def sizes_below(largest: int) -> list[int]:
    """Return the sizes to try, px, in decreasing order; every second step halves the work."""
    return [size for size in (288, 224, 192, 160, 128, 96) if size <= largest]


def floor_seconds(data: DataFacts, speed: Speed, size: int, folds: int, *, views: int) -> float:
    """Return the time of the frozen features, the linear head and the logistic regression, in seconds."""
    return (
        cost.frozen_features(data, speed, size, views)
        + cost.solved(data, speed, folds)
        + cost.head(data, speed, folds, head_schedule(data, folds)[0])
    )


def propose(data: DataFacts, speed: Speed, seconds: float) -> Proposal:
    """Return a proposal with the largest images and the most folds that fit, else with the smallest."""
    plans = [
        (size, views, folds) for size in sizes_below(largest_size(data)) for views in (2, 1) for folds in (5, 3)
    ]
    plans = [(size, views, min(folds, data.bearable_folds)) for size, views, folds in plans]
    costs = [_seconds(data, speed, *plan) for plan in plans]
    at = next((at for at, expected in enumerate(costs) if expected <= seconds), len(plans) - 1)
    size, views, folds = plans[at]
    side = f"{data.side} px" if data.side else "that"
    text = TEXT.format(size=size, side=side, floor=floor_text(data, folds, VIEWS if views == 2 else ""))
    why = ("Frozen, because tuning does not fit into the time; with more minutes or a faster machine, init tunes.",)
    return Proposal(text, folds, costs[at], why)


def _seconds(data: DataFacts, speed: Speed, size: int, views: int, folds: int) -> float:
    return cost.overhead(data, speed, 2, folds) + floor_seconds(data, speed, size, folds, views=views)


RECIPE = register(
    FirstRecipe(
        name="photos-frozen",
        kind="photos",
        rank=1,
        description="EfficientNet-Lite0 frozen: a linear head and a logistic regression on its pooled stages.",
        tried=("grocery", "solar cells", "STM scans by session", "fashion images of 60 x 80 px"),
        propose=propose,
    )
)

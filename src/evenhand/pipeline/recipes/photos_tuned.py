"""Photos, tuned: the stages of Lite0 above `blocks.2`, in light form, on activations that are computed once."""

from __future__ import annotations

from evenhand.pipeline.recipes import cost
from evenhand.pipeline.recipes.photos_frozen import FLOOR, floor_seconds, largest_size, sizes_below
from evenhand.pipeline.recipes.registry import DataFacts, FirstRecipe, Proposal, Speed, register

TEXT = """\
[photos]
size = {size}                      # px; pictures here are about {side}
fit = "squash"

[[model]]                       # one entry per model; every model is trained on every fold
name = "tuned"
encoder = "package:efficientnet-lite0"
tune = "from:blocks.2"          # head | all | from:STAGE
form = "light"                  # trains several times faster on a processor
pool = ["blocks.2", "blocks.3", "blocks.4", "blocks.5", "own"]
views = {views}                       # augmented views of each photo, computed once
view_profile = "full"
encoder_rate = 0.17
drop_path = 0.1

{floor}
[train]
epochs = {epochs}
batch_size = 32
learning_rate = 3e-3
weight_decay = 0.05
label_smoothing = 0.1
precision = "{precision}"
early_stop = 0
choose_by = "loss"
"""

EPOCHS = (12, 8, 6, 4)
"""Passes over the rows, the most that fits first."""


def propose(data: DataFacts, speed: Speed, seconds: float) -> Proposal | None:
    """Return the largest pictures, views and epochs that fit, or None where not even the smallest do."""
    folds = min(3, data.bearable_folds)
    for size in sizes_below(largest_size(data)):
        for epochs in EPOCHS[0 if data.fit_rows < 4000 else 1 :]:
            views = 4 if epochs > 6 else 3
            expected = _seconds(data, speed, size, epochs, views, folds)
            if expected <= seconds:
                return Proposal(_text(data, speed, size, epochs, views), folds, expected, _why(size, epochs, folds))
    return None


def _seconds(data: DataFacts, speed: Speed, size: int, epochs: int, views: int, folds: int) -> float:
    return (
        cost.overhead(data, speed, 3, folds)
        + cost.boundary(data, speed, size, views)
        + cost.tuned(data, speed, size, epochs, folds)
        + floor_seconds(data, speed, size, folds, views=1)
    )


def _text(data: DataFacts, speed: Speed, size: int, epochs: int, views: int) -> str:
    return TEXT.format(
        size=size,
        side=f"{data.side} px" if data.side else "that",
        views=views,
        epochs=epochs,
        precision=speed.precision,
        floor=FLOOR.format(views=""),
    )


def _why(size: int, epochs: int, folds: int) -> tuple[str, ...]:
    return (
        f"Tuned from blocks.2 on: {epochs} epochs at {size} px fit into the time; {folds} folds leave more of it "
        "for each.",
        "Beside it, as the floor: the encoder frozen whole under a linear head, and a logistic regression.",
    )


RECIPE = register(
    FirstRecipe(
        name="photos-tuned",
        kind="photos",
        rank=0,
        says="The stages of EfficientNet-Lite0 above blocks.2, tuned in light form, pooled stage by stage.",
        tried=("grocery", "solar cells", "STM scans by session", "fashion images of 60 x 80 px"),
        propose=propose,
    )
)

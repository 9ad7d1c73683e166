"""Photos, tuned: the later blocks of Lite0, in light form, on activations that are computed once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from evenhand.pipeline.first_config.recipes import cost
from evenhand.pipeline.first_config.recipes.photos_frozen import (
    floor_seconds,
    floor_text,
    largest_size,
    sizes_below,
)
from evenhand.pipeline.first_config.recipes.registry import DataFacts, FirstRecipe, Proposal, Speed, register
from evenhand.pipeline.first_config.recipes.steps import batch_for, epochs_for

TEXT = """\
[photos]
size = {size}                      # px; pictures here are about {side}
fit = "squash"

[[model]]                       # one entry per model; every model is trained on every fold
name = "tuned"
encoder = "package:efficientnet-lite0"
tune = "from:{stage}"          # head | all | from:STAGE
form = "light"                  # trains several times faster on a processor
pool = [{pool}]
views = {views}                       # augmented views of each photo, computed once
view_profile = "full"
encoder_rate = 0.17
drop_path = 0.1

{floor}
[train]
epochs = {epochs}
batch_size = {batch}
learning_rate = 3e-3
weight_decay = 0.05
label_smoothing = 0.1
precision = "{precision}"
early_stop = 0
choose_by = "loss"
"""

STAGES = ("blocks.2", "blocks.3", "blocks.4", "blocks.5")
COSTS = {"blocks.2": (1.0, 1.0), "blocks.4": (0.62, 0.67), "blocks.5": (0.37, 0.42)}
"""First tuned block -> cost of a training step and of a forward pass, relative to tuning from blocks.2 on."""

PLANS = (
    ("blocks.2", 0, 700),
    ("blocks.2", 0, 480),
    ("blocks.4", 0, 600),
    ("blocks.4", 0, 480),
    ("blocks.4", 1, 480),
    ("blocks.2", 2, 480),
    ("blocks.4", 2, 480),
)
"""First tuned block, index of the size (0: the largest useful one), optimizer steps; the first that fits is taken.

With fewer steps a tuned network is worse than a logistic regression on its frozen features (on solar cells, 168
steps from blocks.5 on: macro F1 0.39 against 0.47), so there are no smaller plans: the encoder stays frozen.
"""

LARGEST = 192
"""Image size, px: while blocks are tuned, larger images cost more than they gain."""
BATCH, FEWEST, MOST = 32, 6, 24
"""Batch size, and limits of the number of epochs."""


@dataclass(frozen=True)
class _Plan:
    stage: str
    size: int
    epochs: int
    folds: int
    batch: int

    @property
    def views(self) -> int:
        """Number of augmented views per photo: more are useful with more epochs."""
        return 4 if self.epochs > 6 else 3

    def seconds(self, data: DataFacts, speed: Speed) -> float:
        """Return the estimated time of a run, in seconds."""
        step, forward = COSTS[self.stage]
        above = speed.above * forward
        # Blocks that are not tuned move from `above` to `below`, which is computed once.
        own = replace(speed, step=speed.step * step, above=above, below=speed.below + speed.above - above)
        return (
            cost.overhead(data, speed, 3, self.folds)
            + cost.boundary(data, own, self.size, self.views)
            + cost.tuned(data, own, self.size, self.epochs, self.folds)
            + floor_seconds(data, speed, self.size, self.folds, views=1)
        )

    def text(self, data: DataFacts, speed: Speed) -> str:
        """Return the sections of the configuration."""
        pool = [*STAGES[STAGES.index(self.stage) :], "own"]
        return TEXT.format(
            size=self.size,
            side=f"{data.side} px" if data.side else "that",
            stage=self.stage,
            pool=", ".join(f'"{name}"' for name in pool),
            views=self.views,
            epochs=self.epochs,
            batch=self.batch,
            precision=speed.precision,
            floor=floor_text(data, self.folds, ""),
        )

    @property
    def why(self) -> tuple[str, ...]:
        """Reasons, one line each."""
        return (
            f"Tuned from {self.stage} on: {self.epochs} epochs at {self.size} px fit into the time; {self.folds} "
            "folds leave more time for each.",
            "As a baseline: the encoder frozen whole with a linear head, and a logistic regression.",
        )


def propose(data: DataFacts, speed: Speed, seconds: float) -> Proposal | None:
    """Return the first plan that fits, or None if even the smallest does not."""
    folds, sizes = min(3, data.bearable_folds), sizes_below(largest_size(data, most=LARGEST))
    for stage, smaller, steps in PLANS:
        if smaller >= len(sizes):
            continue
        batch = batch_for(data, folds, epochs=MOST, batch=BATCH, steps=steps)
        epochs = epochs_for(data, folds, epochs=FEWEST, batch=batch, steps=steps, most=MOST)
        plan = _Plan(stage, sizes[smaller], epochs, folds, batch)
        expected = plan.seconds(data, speed)
        if expected <= seconds:
            return Proposal(plan.text(data, speed), folds, expected, plan.why)
    return None


RECIPE = register(
    FirstRecipe(
        name="photos-tuned",
        kind="photos",
        rank=0,
        description="The later stages of EfficientNet-Lite0, tuned in light form, pooled stage by stage.",
        tried=("grocery", "photos of clothing by sender"),
        propose=propose,
    )
)

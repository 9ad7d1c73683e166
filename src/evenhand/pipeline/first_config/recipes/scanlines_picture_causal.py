"""Scan lines: a convolutional network over whole scans, and a causal one that reads them line by line, blended."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from evenhand.pipeline.first_config.recipes.registry import DataFacts, FirstRecipe, Proposal, Speed, register
from evenhand.pipeline.first_config.recipes.steps import batch_for, epochs_for

TEXT = """\
[scanlines]
width = 64                      # values of a line after resampling
max_lines = 64                  # of longer scans neighbouring lines are averaged

{models}
[train]
epochs = {epochs}
batch_size = {batch}
learning_rate = 2e-3
weight_decay = 0.05
warmup_epochs = 1
label_smoothing = 0.05
ema = 0.98
augment = "gentle"              # vertical order is kept; "splice" imitates tips that change
early_stop = 0
choose_by = "last"              # no epoch is selected on the fold that is scored

[balance]
sampler = "sqrt"
"""

MODEL = """\
[[model]]                       # one entry per model; every model is trained on every fold
name = "{name}"
encoder = "{encoder}"{note}
tune = "all"
pretrained = false
"""
MODELS = (
    MODEL.format(
        name="picture", encoder="scan_cnn2d", note="          # a convolutional network over the whole scan"
    ),
    MODEL.format(name="causal", encoder="scan_conv_gru", note="       # line by line: predict --stream, earliness"),
)

PLANS = tuple((models, epochs) for models in (2, 1) for epochs in (16, 12, 8, 5))
"""Models and epochs; the first that fits is taken, or the last."""
BATCH, MOST = 32, 60
"""Batch size, and the most epochs for few scans."""
STEPS = 38
"""Optimizer steps for each of those epochs, to which few scans are brought; 1,500 scans a fold give 47."""

FIXED_STARTS, ROUND_STARTS, READ_STARTS = 6.0, 0.7, 4e-4
"""In units of the start time of a worker: fixed, per round of tasks, per scan read."""
STEP_STARTS = (1.8e-3, 2.6e-3)
"""The same, per scan and epoch of each model: 8 and 13 ms for 64 x 64 values, and augmentation."""


@dataclass(frozen=True)
class _Plan:
    models: int
    epochs: int
    folds: int
    batch: int

    def seconds(self, data: DataFacts, speed: Speed) -> float:
        """Return the estimated time of a run, in seconds."""
        rounds = ceil(self.models * self.folds / speed.cores)
        each = self.epochs * data.fit_rows * (self.folds - 1 + 1 / 3)  # evaluation costs a third
        work = READ_STARTS * data.rows + sum(STEP_STARTS[: self.models]) * each
        return speed.start * (FIXED_STARTS + ROUND_STARTS * rounds + work / speed.cores)

    def text(self) -> str:
        """Return the sections of the configuration."""
        return TEXT.format(models="\n".join(MODELS[: self.models]), epochs=self.epochs, batch=self.batch)


def _plan(models: int, epochs: int, folds: int, data: DataFacts) -> _Plan:
    """Return a plan with the steps that its epochs are of a set of the size that the recipe was tried on."""
    steps = STEPS * epochs
    batch = batch_for(data, folds, epochs=epochs, batch=BATCH, steps=steps)
    return _Plan(models, epochs_for(data, folds, epochs=epochs, batch=batch, steps=steps, most=MOST), folds, batch)


def propose(data: DataFacts, speed: Speed, seconds: float) -> Proposal:
    """Return the first plan that fits, else the smallest."""
    folds = min(5, data.bearable_folds)
    plans = [_plan(models, epochs, folds, data) for models, epochs in PLANS]
    plan = next((one for one in plans if one.seconds(data, speed) <= seconds), plans[-1])
    why = (
        f"{plan.epochs} epochs of a network over whole scans{', and of one over their lines' * (plan.models > 1)}.",
        "Scans of a session share a tip: name the session in data.group.",
    )
    return Proposal(plan.text(), folds, plan.seconds(data, speed), why)


RECIPE = register(
    FirstRecipe(
        name="scanlines-picture-causal",
        kind="scanlines",
        rank=0,
        description="A convolutional network over whole scans and a recurrent one over their lines, blended.",
        tried=("STM scans of H:Si(100) by session", "simulated scans"),
        propose=propose,
    )
)

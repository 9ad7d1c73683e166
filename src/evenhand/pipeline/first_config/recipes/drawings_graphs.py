"""Drawings: two networks over graphs of their lines, blended."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from evenhand.pipeline.first_config.recipes.registry import DataFacts, FirstRecipe, Proposal, Speed, register
from evenhand.pipeline.first_config.recipes.steps import batch_for, epochs_for

TEXT = """\
[drawings]
max_nodes = 400                 # of larger drawings the longest lines are kept; check says of how many

{models}
[train]
epochs = {epochs}
batch_size = {batch}
learning_rate = 2e-3
weight_decay = 0.05
warmup_epochs = 2
label_smoothing = 0.05
ema = 0.98
augment = "mirror"              # "gentle" where left and right mean something, "full" where up and down do not
early_stop = 0
choose_by = "last"              # no epoch is selected on the fold that is scored
"""

MODEL = """\
[[model]]                       # one entry per model; every model is trained on every fold
name = "{name}"
encoder = "{name}"{comment}
tune = "all"
pretrained = false
"""
COMMENT = {"edge_sage": "           # messages along relations of lines: shared ends, crossings, ...", "gine": ""}

PLANS = tuple((models, epochs) for models in (2, 1) for epochs in (40, 30, 20, 12))
"""Models and epochs; the first that fits is taken, or the last."""
BATCH, MOST = 32, 100
"""Batch size, and the most epochs for few drawings."""
STEPS = 15
"""Optimizer steps for each of those epochs, to which few drawings are brought; 931 give 18 in five folds."""

FIXED_STARTS, ROUND_STARTS, READ_STARTS, STEP_STARTS = 6.0, 0.7, 0.02, 6.5e-4
"""In units of the start time of a worker: fixed, per round of tasks, per drawing read, per drawing and epoch.

Fitted to 931 drawings of about 100 lines: five folds, two models, 30 epochs.
"""


@dataclass(frozen=True)
class _Plan:
    models: int
    epochs: int
    folds: int
    batch: int

    def seconds(self, data: DataFacts, speed: Speed) -> float:
        """Return the estimated time of a run, in seconds."""
        rounds = ceil(self.models * self.folds / speed.cores)
        trained = self.models * self.epochs * data.fit_rows * (self.folds - 1 + 1 / 3)  # evaluation costs a third
        work = READ_STARTS * data.rows + STEP_STARTS * trained
        return speed.start * (FIXED_STARTS + ROUND_STARTS * rounds + work / speed.cores)

    def text(self) -> str:
        """Return the sections of the configuration."""
        names = ("edge_sage", "gine")[: self.models]
        models = "\n".join(MODEL.format(name=name, comment=COMMENT[name]) for name in names)
        return TEXT.format(models=models, epochs=self.epochs, batch=self.batch)


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
        f"{plan.epochs} epochs of {plan.models} model{'s' * (plan.models > 1)} over graphs of lines.",
        "Place, size, layers, colours and words of a drawing are not read: they often give the class away.",
    )
    return Proposal(plan.text(), folds, plan.seconds(data, speed), why)


RECIPE = register(
    FirstRecipe(
        name="drawings-graphs",
        kind="drawings",
        rank=0,
        description="GraphSAGE and GINE over the relations between the lines of a drawing, blended.",
        tried=("part library of LibreCAD", "generated parts"),
        propose=propose,
    )
)

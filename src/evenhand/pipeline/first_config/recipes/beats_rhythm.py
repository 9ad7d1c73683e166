"""Heartbeats: the rhythm around each beat and its similarity to others of its record, three seeds."""

from __future__ import annotations

from evenhand.pipeline.first_config.recipes.registry import DataFacts, FirstRecipe, Proposal, Speed, register
from evenhand.pipeline.first_config.recipes.steps import batch_for, epochs_for

TEXT = """\
[[model]]                       # one entry per model; every model is trained on every fold
name = "rhythm"
encoder = "rhythm"              # windows teach the persons; ratios and likenesses mean the same in everyone
tune = "all"                    # encoder = "resnet1d" looks at the windows
pretrained = false
head = "mlp"                    # linear | mlp | cosine
head_width = 64
dropout = 0.3
seeds = [0, 1, 2]

[train]
epochs = {epochs}
batch_size = {batch}
learning_rate = 3e-3
early_stop = 0

[balance]
sampler = {{ name = "power", power = 0.5 }}
correct_to = "trained"          # evaluated under the prior of training, in which rare classes are more common
"""


EPOCHS, BATCH, MOST, STEPS = 6, 256, 40, 400
"""Epochs and batch size; the most epochs, and the optimizer steps, to which few beats are brought."""


def propose(data: DataFacts, speed: Speed, seconds: float, *, row_starts: float = 1.6e-4) -> Proposal:
    """Return the only plan, with five folds if there are enough persons."""
    folds = min(5, data.bearable_folds)
    batch = batch_for(data, folds, epochs=EPOCHS, batch=BATCH, steps=STEPS)
    epochs = epochs_for(data, folds, epochs=EPOCHS, batch=batch, steps=STEPS, most=MOST)
    expected = speed.start * (4.0 + row_starts * data.rows * (1 + folds * epochs / EPOCHS) / 6)
    why = ("The rhythm, not the windows: few persons teach a network of windows what these persons look like.",)
    return Proposal(TEXT.format(epochs=epochs, batch=batch), folds, expected, why)


RECIPE = register(
    FirstRecipe(
        name="beats-rhythm",
        kind="beats",
        rank=0,
        description="Intervals and likenesses of beats, measured against the record's own, in a small network.",
        tried=("MIT-BIH arrhythmia database, DS1 to DS2",),
        propose=propose,
    )
)

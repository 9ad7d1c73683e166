"""Epochs and batches of a recipe for few rows, by the number of optimizer steps that a training takes.

A recipe is tried on some thousand rows. With few hundred, its epochs of its batches are a tenth of the steps, and a
training ends where it has hardly begun: smaller batches come first, as they cost little, then more epochs.
"""

from __future__ import annotations

from evenhand.pipeline.first_config.recipes.registry import DataFacts

SMALLEST_BATCH = 16
"""Smallest batch that is proposed: statistics of batch normalisation get noisy below."""


def batch_for(data: DataFacts, folds: int, *, epochs: int, batch: int, steps: int) -> int:
    """Return the batch size: `batch`, halved until `epochs` are `steps` optimizer steps.

    >>> batch_for(DataFacts("x", rows=3000), 5, epochs=16, batch=32, steps=600)
    32
    >>> batch_for(DataFacts("x", rows=300), 5, epochs=16, batch=32, steps=600)
    16
    """
    while batch // 2 >= SMALLEST_BATCH and epochs * _train_rows(data, folds) < steps * batch:
        batch //= 2
    return batch


def epochs_for(data: DataFacts, folds: int, *, epochs: int, batch: int, steps: int, most: int) -> int:
    """Return the number of epochs: `epochs`, or more, up to `most`, until they are `steps` optimizer steps.

    >>> [epochs_for(DataFacts("x", rows=n), 5, epochs=16, batch=16, steps=600, most=60) for n in (3000, 300, 50)]
    [16, 40, 60]
    """
    an_epoch = max(1.0, _train_rows(data, folds) / batch)
    return max(epochs, min(most, round(steps / an_epoch)))


def _train_rows(data: DataFacts, folds: int) -> float:
    """Return how many rows a model is trained on in a fold."""
    return data.fit_rows * (folds - 1) / folds

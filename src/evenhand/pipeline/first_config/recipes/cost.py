"""What the stages of a run on photos cost, in seconds, from rows and the speed of the machine."""

from __future__ import annotations

from math import ceil

from evenhand.pipeline.first_config.recipes.registry import DataFacts, Speed

FIXED_STARTS, ROUND_STARTS, ROW_STARTS = 6.5, 0.7, 0.0002
SOLVE_STARTS, SHIFT_STARTS, HEAD_STARTS = 4.6e-4, 1.7e-5, 4e-6
"""In starts of a worker, which take longer on a busy machine, as everything does. Processes, checks, figures and
report; a round of tasks; a row. A solver with its search for C, a row; a shift per class, nested, a row and class;
a linear head, a row and epoch. Fitted to runs on 2,600 to 7,200 photos of 4 to 81 classes."""
WHOLE_BATCHES = 0.75
"""A row in a whole batch of a frozen encoder with its layers joined, against one in the few that are timed."""


def overhead(data: DataFacts, speed: Speed, models: int, folds: int) -> float:
    """Return what everything but encoders takes: start, decoding, checks, figures, report."""
    rounds = ceil(models * folds / speed.cores)
    fixed = speed.start * (FIXED_STARTS + ROUND_STARTS * rounds + ROW_STARTS * data.rows)
    shifts = SHIFT_STARTS * speed.start * data.fit_rows * data.classes
    return fixed + shifts + data.rows * speed.decode / speed.cores


def frozen_features(data: DataFacts, speed: Speed, size: int, views: int) -> float:
    """Return what the activations of an encoder frozen whole take."""
    return WHOLE_BATCHES * data.rows * views * (speed.below + speed.above) * speed.at(size) / speed.cores


def boundary(data: DataFacts, speed: Speed, size: int, views: int) -> float:
    """Return what the activations below the tuned stages take."""
    return data.rows * views * speed.below * speed.at(size) / speed.cores


def solved(data: DataFacts, speed: Speed, folds: int) -> float:
    """Return what a logistic regression with its search for C takes."""
    return SOLVE_STARTS * speed.start * data.fit_rows * (folds - 1) / folds * ceil(folds / speed.cores)


def tuned(data: DataFacts, speed: Speed, size: int, epochs: int, folds: int) -> float:
    """Return what training from the boundary on takes, with validation and the test."""
    fit = data.fit_rows * (folds - 1) / folds
    held = data.fit_rows / folds
    epoch = fit * speed.step + held * speed.above
    one = (epochs * epoch + (held + data.test_rows) * speed.above) * speed.at(size)
    return one * ceil(folds / speed.cores)


def head(data: DataFacts, speed: Speed, folds: int, epochs: int) -> float:
    """Return what a linear head takes on features that are there."""
    return HEAD_STARTS * speed.start * epochs * data.fit_rows * ceil(folds / speed.cores)

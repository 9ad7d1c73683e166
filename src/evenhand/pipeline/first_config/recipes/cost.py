"""Estimated time of the stages of a run on photos, in seconds, from the rows and the speed of the machine."""

from __future__ import annotations

from math import ceil

from evenhand.pipeline.first_config.recipes.registry import DataFacts, Speed

FIXED_STARTS, ROUND_STARTS, ROW_STARTS = 6.5, 0.7, 0.0002
SOLVE_STARTS, SHIFT_STARTS, HEAD_STARTS = 4.6e-4, 1.7e-5, 4e-6
"""In units of the start time of a worker, which grows with the load of the machine as all times do.

Fixed (processes, checks, figures, report); per round of tasks; per row. Logistic regression with its search for C,
per row; class biases, nested, per row and class; a linear head, per row and epoch. Fitted to runs on 2,600 to 7,200
photos of 4 to 81 classes.
"""
WHOLE_BATCHES = 0.75
"""Time per row in full batches of a frozen encoder with fused layers, relative to the small batches measured."""


def overhead(data: DataFacts, speed: Speed, models: int, folds: int) -> float:
    """Return the time of everything but encoders: start, decoding, checks, figures, report."""
    rounds = ceil(models * folds / speed.cores)
    fixed = speed.start * (FIXED_STARTS + ROUND_STARTS * rounds + ROW_STARTS * data.rows)
    shifts = SHIFT_STARTS * speed.start * data.fit_rows * data.classes
    return fixed + shifts + data.rows * speed.decode / speed.cores


def frozen_features(data: DataFacts, speed: Speed, size: int, views: int) -> float:
    """Return the time of the features of a fully frozen encoder."""
    return WHOLE_BATCHES * data.rows * views * (speed.below + speed.above) * speed.at(size) / speed.cores


def boundary(data: DataFacts, speed: Speed, size: int, views: int) -> float:
    """Return the time of the activations below the tuned blocks."""
    return data.rows * views * speed.below * speed.at(size) / speed.cores


def solved(data: DataFacts, speed: Speed, folds: int) -> float:
    """Return the time of a logistic regression with its search for C."""
    return SOLVE_STARTS * speed.start * data.fit_rows * (folds - 1) / folds * ceil(folds / speed.cores)


def tuned(data: DataFacts, speed: Speed, size: int, epochs: int, folds: int) -> float:
    """Return the time of training the tuned blocks, with validation and the test."""
    fit = data.fit_rows * (folds - 1) / folds
    held = data.fit_rows / folds
    epoch = fit * speed.step + held * speed.above
    one = (epochs * epoch + (held + data.test_rows) * speed.above) * speed.at(size)
    return one * ceil(folds / speed.cores)


def head(data: DataFacts, speed: Speed, folds: int, epochs: int) -> float:
    """Return the time of a linear head on stored features."""
    return HEAD_STARTS * speed.start * epochs * data.fit_rows * ceil(folds / speed.cores)

"""The values passed between rooms: frozen, built on frames and arrays, without torch.

Letters used for shapes everywhere: n rows, k classes, m models, f folds, g groups.
"""

from evenhand.base.values.estimates import Interval, Verdict
from evenhand.base.values.exclusive_block import ExclusiveBlock
from evenhand.base.values.finding import Finding
from evenhand.base.values.folds import Folds
from evenhand.base.values.named_classes import NO_NAMES, NamedClasses
from evenhand.base.values.predictions import Predictions
from evenhand.base.values.samples import Samples
from evenhand.base.values.types import (
    NO_LABEL,
    TEST,
    TOO_FEW,
    TRUTH_THRESHOLD,
    Floats,
    Ints,
    Mask,
    Origin,
    RowSet,
    Severity,
    Strings,
    Task,
    VerdictWord,
    origin_of,
)

__all__ = [
    "NO_LABEL",
    "NO_NAMES",
    "TEST",
    "TOO_FEW",
    "TRUTH_THRESHOLD",
    "ExclusiveBlock",
    "Finding",
    "Floats",
    "Folds",
    "Interval",
    "Ints",
    "Mask",
    "NamedClasses",
    "Origin",
    "Predictions",
    "RowSet",
    "Samples",
    "Severity",
    "Strings",
    "Task",
    "Verdict",
    "VerdictWord",
    "origin_of",
]

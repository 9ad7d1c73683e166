"""Folds beside which too little is left to learn from."""

from __future__ import annotations

import numpy as np

from evenhand.base.errors import FoldsError
from evenhand.base.text.counted import count
from evenhand.base.values import TEST, Folds, Samples


def refuse_single_units(samples: Samples, folds: Folds) -> None:
    """Raise `FoldsError` if the rows outside some fold are of one group, or one row, alone.

    What is learned there is calibrated on folds within these rows, which one group cannot be divided into: a run
    would end after its training. Rows without a known label, and locked ones, do not count.
    """
    of, every = folds.of(samples.ids), np.arange(len(samples))
    groups, families = folds.resampling_groups(samples, every)
    units = samples.ids if groups is None else groups
    learned = samples.known & (of != TEST)
    for fold in np.unique(of[of != TEST]):
        rest = learned & (of != fold)
        if len(set(of[rest].tolist())) < 2 and len(set(units[rest].tolist())) < 2:
            noun = "row" if groups is None else "family of copies" if families else "group"
            plural = "families of copies" if families else ""
            raise FoldsError(
                f"Outside fold {fold} lie {count(int(rest.sum()), 'row')} with a known label, of "
                f"{count(len(set(units[rest].tolist())), noun, plural)}; training and calibration need two or more "
                f"there. {len(set(units[learned].tolist())):,} are there in all: add labelled rows"
                + (f" of other {plural or noun + 's'}." if groups is not None else ".")
            )

"""Rows of which too few remain outside a fold are refused before a training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import FoldsError
from evenhand.base.values import NO_LABEL, TEST, Folds, Samples
from evenhand.data.splits.single_units import refuse_single_units


def check(fold: Sequence[int], labels: Sequence[int], groups: Sequence[str] | None = None) -> int:
    """Return the number of rows of folds that are not refused."""
    ids = [f"r{at}" for at in range(len(fold))]
    columns = {"id": ids, "path": ids} | ({} if groups is None else {"group": list(groups)})
    frame = pd.DataFrame(columns, dtype=object)
    samples = Samples(frame, classes=("a", "b"), labels=np.array(labels), kind="photos")
    refuse_single_units(samples, Folds(samples.ids, np.array(fold, dtype=np.int16), max(fold) + 1))
    return len(samples)


@pytest.mark.parametrize(
    ("fold", "labels", "groups"),
    [([0, 0, 1, 1], [0, 1, 0, 1], None), ([0, 1, 2], [0, 1, 0], None), ([0, 0, 1, 1], [0, 1, 0, 1], "abcd")],
)
def test_two_units_outside_each_fold_are_enough(
    fold: list[int], labels: list[int], groups: Sequence[str] | None
) -> None:
    # by contrast with the test below, where one is left
    assert check(fold, labels, groups) == len(fold)


@pytest.mark.parametrize(
    ("fold", "labels", "groups", "words"),
    [
        ([0, 1], [0, 1], None, "Outside fold 0 lie 1 row with a known label, of 1 row; .* 2 are there in all"),
        ([0, 0, 1, 1], [0, 1, 0, NO_LABEL], None, "Outside fold 0 lie 1 row with a known label, of 1 row"),
        ([0, 0, 1, TEST], [0, 1, 0, 1], None, "Outside fold 0 lie 1 row"),
        (
            [0, 0, 1, 1],
            [0, 1, 0, 1],
            "abcc",
            "Outside fold 0 lie 2 rows with .*, of 1 group; .*other groups",
        ),
    ],
)
def test_one_unit_is_refused(fold: list[int], labels: list[int], groups: Sequence[str] | None, words: str) -> None:
    with pytest.raises(FoldsError, match=words):
        check(fold, labels, groups)

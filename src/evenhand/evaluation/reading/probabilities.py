"""Convert the numbers of classes to probabilities; errors name row and column."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import expit, softmax

from evenhand.base.errors import DataError
from evenhand.base.values import Floats
from evenhand.base.values.probabilities import OFF, ROUNDING
from evenhand.evaluation.reading.columns import SELECT_CLASSES, Scale


def probabilities(
    block: Floats,
    classes: Sequence[str],
    scale: Scale,
    where: Callable[[int], str],
    *,
    several: bool = False,
    off: float = OFF,
) -> Floats:
    """Return (b, k) probabilities; rows sum to 1 unless several labels may hold.

    Parameters
    ----------
    block
        (b, k) numbers as read.
    scale
        Their scale. "auto": probabilities, or an error with a hint.
    where
        Position of a row in the block -> its description ("rows.csv: line 12").
    off
        Tolerance of the sum of a row of probabilities, which is then divided by it.

    Raises
    ------
    DataError
        If a number is missing, infinite or not a probability, or a row does not sum to 1.
    """
    _check_finite(block, classes, where)
    if scale == "logit":
        return np.asarray(expit(block) if several else softmax(block.astype(np.float64), axis=1), dtype=block.dtype)
    _check_range(block, classes, scale, where)
    if (block < 0).any() or (several and (block > 1).any()):
        block = block.clip(0, 1 if several else None)  # what rounding took below 0 or above 1
    if several:
        return block
    total = block.sum(axis=1)
    wrong = ~(total > 0) if scale == "normalise" else ~(np.abs(total - 1) <= off)
    if wrong.any():
        row = int(wrong.argmax())
        advice = (
            ""
            if scale == "normalise"
            else ' Use scale = "normalise" (--scale normalise) to divide each row by its sum; where '
            "rows may have several labels, pass the run itself."
        )
        raise DataError(f"{where(row)}: the numbers of the classes sum to {total[row]:.4g}, not to 1.{advice}")
    # Rows that already sum to 1 stay as they are to the bit, so that a file written and read again is the same.
    return block if np.abs(total - 1).max(initial=0) < 1e-6 else block / total[:, None]


def _check_finite(block: Floats, classes: Sequence[str], where: Callable[[int], str]) -> None:
    bad = ~np.isfinite(block)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        value = block[row, column]
        found = "the number is missing" if np.isnan(value) else f"{value} is not a number to work with"
        raise DataError(
            f'{where(int(row))}, class "{classes[column]}": {found}. Predict the row again, or leave it out.'
        )


def _check_range(block: Floats, classes: Sequence[str], scale: Scale, where: Callable[[int], str]) -> None:
    high = np.inf if scale == "normalise" else 1 + ROUNDING
    bad = (block < -ROUNDING) | (block > high)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        # Raw scores leave the range in many columns; one column alone is rather something else, such as an age.
        alone = bad.any(axis=0).sum() == 1 and len(classes) > 2
        advice = (
            f"The numbers of all other classes are; if the column is not a class, {SELECT_CLASSES}"
            if alone
            else 'If the numbers are raw scores, use scale = "logit" (--scale logit), or name columns logit:CLASS.'
        )
        raise DataError(
            f'{where(int(row))}, class "{classes[column]}": {block[row, column]:.6g} is not a probability (0 to '
            f"1). {advice}"
        )

"""EH121: inputs whose values are far from mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from evenhand.base.values import Floats
from evenhand.diagnosis.evidence.evidence import Evidence
from evenhand.diagnosis.render import listing
from evenhand.diagnosis.rule import Found, rule


@rule("EH121", slug="not-normalised", severity="warning", needs=("input_moments",), after=("EH112",))
def check(
    evidence: Evidence,
    *,
    small: float = 0.03,
    large: float = 30.0,
    offset: float = 3.0,
    ratio: float = 100.0,
    share: float = 0.9,
) -> Iterator[Found]:
    """Find inputs whose values are far from mean 0 and deviation 1, or of other sizes from row to row.

    What it checks: mean and deviation of the values that an encoder receives, over all rows, channel by channel.
    It fires where the deviation is below `small` or above `large`, where the mean is more than `offset` deviations
    from 0, or where the middle `share` of the rows have deviations that differ by a factor of `ratio`.

    Why it matters: first weights, learning rates and layers of normalisation are made for inputs near 1 (LeCun et
    al. 1998, section 4.3). Heights in metres, 1e-10, are zeros to a network; an offset of many deviations is all
    that it sees; of rows of many sizes, it learns from the largest.

    What to do: normalise each row; the patch sets the option of the kind of data to its default, where it has one.

    Limits: not applicable to kinds of data whose encoders scale their inputs themselves, such as photos. A network
    whose first layer normalises each row does not need it.

    Example: `Inputs are not normalised: forward heights have the mean 2.1e-08 and the deviation 8.4e-09.`
    """
    faulty = {
        name: words
        for name, moments in evidence.input_moments.items()
        if (words := _fault(moments, small, large, offset, ratio, share))
    }
    if faulty:
        says = [f"{name} have {words}" for name, words in faulty.items()]
        yield Found(
            message=f"Inputs are not normalised: {listing(says)}.",
            evidence={name: list(pooled(moments)) for name, moments in evidence.input_moments.items()},
            patch=_patch(evidence),
        )


def _fault(moments: Floats, small: float, large: float, offset: float, ratio: float, share: float) -> str:
    """Return words for what is wrong with (m, 2) means and deviations of rows; "" where nothing is."""
    # A channel that a file lacks, or a row of one value, says nothing about the scale of the others.
    alive = moments[np.isfinite(moments).all(axis=1) & (moments[:, 1] > 0)]
    if not len(alive):
        return ""
    mean, deviation = pooled(alive)
    if not small <= deviation <= large or abs(mean) > offset * deviation:
        return f"the mean {mean:.2g} and the deviation {deviation:.2g}"
    low, high = np.quantile(alive[:, 1], [(1 - share) / 2, (1 + share) / 2])
    return f"deviations from {low:.2g} to {high:.2g}, row by row" if high >= ratio * low else ""


def pooled(moments: Floats) -> tuple[float, float]:
    """Return mean and deviation over all values, of (m, 2) means and deviations of rows of one length.

    >>> pooled(np.array([[0.0, 1.0], [2.0, 1.0]]))
    (1.0, 1.4142135623730951)
    """
    mean = float(moments[:, 0].mean())
    return mean, float(np.sqrt((moments[:, 1] ** 2 + (moments[:, 0] - mean) ** 2).mean()))


def _patch(evidence: Evidence) -> dict[str, Any] | None:
    """Return the option `normalise` of the kind of data at its default, where it is set to something else."""
    assert evidence.kind is not None
    known = evidence.kind.config.model_fields.get("normalise")
    key = f"{evidence.kind.name}.normalise"
    return None if known is None or evidence.setting(key, known.default) == known.default else {key: known.default}

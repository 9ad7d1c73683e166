"""Classes without a row, and what means over classes make of them."""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.base.text.counted import count
from evenhand.base.values import Predictions
from evenhand.evaluation.core.evaluated_rows import known, rows_of


def absent_classes(p: Predictions) -> tuple[str, ...]:
    """Return the classes that no row with a known truth has, in order; none where no truth is known."""
    if p.truth is None or not (there := known(p.truth)).any():
        return ()
    counts = rows_of(p if there.all() else p.take(there)).truth_counts
    return tuple(name for name, n in zip(p.classes, counts, strict=True) if not n)


def absent_words(names: Sequence[str], k: int, *, most: int = 12) -> str:
    """Return sentences on the classes without a row among `k`; "" where there are none.

    Recall and ranking are not defined for such a class and leave it out. F1 and precision are defined, and 0, where
    it is predicted, as in scikit-learn and torchmetrics (see `evenhand.evaluation.metrics.counts`).

    >>> absent_words(["b"], 3)
    'No row has b. Means over classes leave it out; those of F1 and precision count it as 0 if it is predicted.'
    >>> absent_words(["b", "c"], 3).partition(". ")[0]
    'No row has one of these 2 classes of 3: b, c'
    """
    if not names:
        return ""
    shown = ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
    if len(names) == 1:
        which, them, it = shown, "it", "it"
    else:
        which, them, it = f"one of these {count(len(names), 'class', 'classes')} of {k:,}: {shown}", "them", "one"
    return (
        f"No row has {which}. Means over classes leave {them} out; those of F1 and precision count {it} as 0 if it "
        "is predicted."
    )

"""Classes without a row, which means over classes leave out."""

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
    """Return a sentence on the classes without a row among `k`; "" where there are none.

    >>> absent_words(["b"], 3)
    'Left out of means over classes, as no row has it: b.'
    >>> absent_words(["b", "c"], 3)
    'Left out of means over classes, as no row has one of these 2 classes of 3: b, c.'
    """
    if not names:
        return ""
    shown = ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")
    which = "it" if len(names) == 1 else f"one of these {count(len(names), 'class', 'classes')} of {k:,}"
    return f"Left out of means over classes, as no row has {which}: {shown}."

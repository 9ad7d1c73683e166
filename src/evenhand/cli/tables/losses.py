"""What a record has lost, as a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_MOST = 5


def losses_sentence(record: str | Path, missing: Sequence[str], damaged: Sequence[str] = ()) -> str:
    """Return what of a record is missing and damaged, and what says what to do.

    >>> losses_sentence("runs/a", ["models/m/fold0"])
    'runs/a: missing, though the run wrote it: models/m/fold0. What to do: evenhand verify runs/a names it.'
    """
    it = "it" if len(missing) == 1 else "them"
    parts = [f"missing, though the run wrote {it}: {_names(missing)}"] if missing else []
    parts += [f"damaged: {_names(damaged)}"] if damaged else []
    return f"{record}: {'; '.join(parts)}. What to do: evenhand verify {record} names it."


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more:,} more" if more > 0 else "")

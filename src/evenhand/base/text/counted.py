"""Numbers with their nouns."""

from __future__ import annotations


def count(n: float, noun: str, plural: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "file"), count(1200, "file"), count(2, "class", "classes"), count(0.5, "minute")
    ('1 file', '1,200 files', '2 classes', '0.5 minutes')
    """
    number = f"{n:,}" if isinstance(n, int) else f"{n:g}"
    return f"{number} {noun if n == 1 else plural or noun + 's'}"

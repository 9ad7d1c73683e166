"""Phrases that the messages of findings share: counts, verbs, lists of names."""

from __future__ import annotations

from collections.abc import Iterable

from evenhand.base.text.counted import count as count


def classes_of(n: int, k: int) -> str:
    """Return a number of classes out of k.

    >>> classes_of(1, 81), classes_of(12, 81)
    ('1 class of 81', '12 classes of 81')
    """
    return f"{count(n, 'class', 'classes')} of {k:,}"


def verb(n: int, one: str, many: str) -> str:
    """Return the form of a verb that goes with a number.

    >>> verb(1, "lies", "lie"), verb(2, "lies", "lie")
    ('lies', 'lie')
    """
    return one if n == 1 else many


def listing(names: Iterable[str], *, most: int = 3) -> str:
    """Return names joined for a sentence, at most `most` of them.

    >>> listing(["a", "b"]), listing("abcdef")
    ('a and b', 'a, b, c and 3 more')
    """
    known = [str(name) for name in names]
    if len(known) > most:
        return f"{', '.join(known[:most])} and {len(known) - most:,} more"
    return " and ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)

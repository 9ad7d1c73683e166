"""Whether a text is a number."""

from __future__ import annotations


def is_number(text: str) -> bool:
    """Return whether Python reads a text as a number: "-1.5", "1e3", "nan" too.

    >>> is_number("-1.5"), is_number("@a")
    (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True

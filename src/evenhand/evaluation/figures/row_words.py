"""A sentence on the numbers of rows and groups behind figures."""

from __future__ import annotations

from collections.abc import Mapping

from evenhand.base.text.counted import count


def row_words(sizes: Mapping[str, tuple[int, int]], *, families: bool = False) -> str:
    """Return a sentence on the rows and groups behind metrics: the most common first, exceptions by name.

    Parameters
    ----------
    sizes
        Metric -> (rows, independent groups).
    families
        Whether these are families rather than named groups.

    Examples
    --------
    >>> row_words({"a": (12, 4), "b": (6, 3)})
    '12 rows in 4 independent groups; b: 6 rows in 3.'
    >>> row_words({"a": (12, 4)}, families=True)
    '12 rows in 4 families.'
    """
    if not sizes:
        return "No rows."
    rows, groups = max(sizes.values())
    others: dict[tuple[int, int], list[str]] = {}
    for metric, size in sizes.items():
        if size != (rows, groups):
            others.setdefault(size, []).append(metric)
    few = [f"{', '.join(names)}: {count(n, 'row')} in {g:,}" for (n, g), names in others.items()]
    return "; ".join([f"{count(rows, 'row')} in {independent(groups, families)}", *few]) + "."


def locked_words(locked: int) -> str:
    """Return that locked rows were left out, without a full stop; "" where there are none.

    >>> locked_words(2), locked_words(0)
    ('2 locked rows (fold "test" or -1) left out', '')
    """
    return f'{count(locked, "locked row")} (fold "test" or -1) left out' if locked else ""


def independent(groups: int, families: bool) -> str:
    """Return a number of groups in words, of families under their name.

    >>> independent(4, False), independent(1, True)
    ('4 independent groups', '1 family')
    """
    return count(groups, "family", "families") if families else count(groups, "independent group")

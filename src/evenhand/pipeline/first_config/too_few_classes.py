"""Whether there are two classes to tell apart, before a configuration is written that `check` would refuse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evenhand.base.errors import DataError
from evenhand.data.roots.root import Root
from evenhand.modalities import Kind

_TRIED = 20
"""Files of a class that are looked at; of a class whose first ones are all damaged, no other is opened."""
MARK = "Only "


def too_few_classes(root: Root, kind: Kind, classes: Mapping[str, Sequence[str]]) -> str:
    """Return a sentence where fewer than two classes have a file that can be read, and "" where two have.

    Parameters
    ----------
    classes
        Class -> its files.
    """
    readable = []
    for name, files in classes.items():
        if any(_is_readable(root, kind, file) for file in files[:_TRIED]):
            readable.append(name)
        if len(readable) == 2:
            return ""
    others = [name for name in classes if name not in readable]
    without = (
        f" No file of {', '.join(others[:5])}{', …' if len(others) > 5 else ''} can be read." if others else ""
    )
    return sentence(readable[0] if readable else None, without)


def sentence(held: str | None, more: str = "") -> str:
    """Return that only one class, or none, was found, and what is needed.

    >>> sentence("a")
    'Only the class a was found; a classifier needs two at least, so that check and run will refuse these data.'
    """
    found = f"the class {held} was" if held is not None else "files without a class, or damaged ones, were"
    needed = "a classifier needs two at least, so that check and run will refuse these data."
    return f"{MARK}{found} found; {needed}{more}"


def _is_readable(root: Root, kind: Kind, name: str) -> bool:
    try:
        kind.facts_of(root, name)
    except DataError:
        return False
    return True

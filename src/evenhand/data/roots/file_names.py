"""Names of files below a root: which are ignored, which are refused, and how they are normalised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from evenhand.base.text.escaping import printable

_CLUTTER = frozenset({"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "system volume information"})
_DRIVE = re.compile(r"^[A-Za-z]:(/|$)")  # not "A: good", which is a name
_PLAIN = re.compile(r"(?:[\w-][\w. -]*/)*[\w-][\w. -]*", re.ASCII)
"""Names that are relative, without "." or ".." and not hidden, as nearly all are: of a hundred thousand, looking at
the parts of each costs a second."""


CACHE_TAG = "CACHEDIR.TAG"
"""Name of the file that marks the folder of a cache (Cache Directory Tagging Specification)."""
CACHE_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
"""Its first bytes."""


def is_clutter(part: str) -> bool:
    """Return whether one part of a path is hidden or a file that an operating system makes for itself.

    >>> [part for part in (".DS_Store", "__MACOSX", "Thumbs.db", "cat.jpg") if is_clutter(part)]
    ['.DS_Store', '__MACOSX', 'Thumbs.db']
    """
    return part.startswith(".") or part.casefold() in _CLUTTER


def in_clutter(name: str) -> bool:
    """Return whether any part of a path is clutter.

    >>> in_clutter("a/.b/c.jpg"), in_clutter("a/Thumbs.db"), in_clutter("a/b.c.jpg")
    (True, True, False)
    """
    parts = name.casefold().split("/")
    return "/." in name or name.startswith(".") or not _CLUTTER.isdisjoint(parts)


def relative_name(text: str) -> str:
    r"""Return a path as a posix name below a root: without ".", ".." or drive, "/" between parts.

    Raises
    ------
    ValueError
        If the path is empty, absolute or leads out of the root; the text is the reason in a few words.

    >>> relative_name(r".\cats\..\dogs\1.jpg")
    'dogs/1.jpg'
    >>> relative_name("../secret")
    Traceback (most recent call last):
    ValueError: leads out of the root
    """
    if _PLAIN.fullmatch(text):
        return text
    if "\0" in text:
        raise ValueError("holds a NUL character")
    slashed = text.replace("\\", "/")
    if slashed.startswith("/") or _DRIVE.match(slashed):
        raise ValueError("is absolute")
    parts: list[str] = []
    for part in slashed.split("/"):
        if part == ".." and not parts:
            raise ValueError("leads out of the root")
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if not parts:
        raise ValueError("is empty")
    return "/".join(parts)


def suffix(name: str) -> str:
    """Return the suffix of a file's name in lower case with its dot, or "".

    >>> suffix("a.b/CAT.JPG"), suffix("a.b/cat")
    ('.jpg', '')
    """
    stem, dot, end = name.rpartition("/")[2].rpartition(".")
    return f".{end.lower()}" if dot and stem else ""


def some(items: Sequence[str] | Iterable[str], *, most: int = 3) -> str:
    """Return the first items for a sentence, quoted, and the number of further ones.

    >>> some(["a", "b", "c"], most=2)
    '"a", "b" and 1 more'
    """
    listed = list(items)
    words = ", ".join(f'"{printable(item)}"' for item in listed[:most])
    return words if len(listed) <= most else f"{words} and {len(listed) - most:,} more"

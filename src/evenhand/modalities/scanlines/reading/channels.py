"""Which channel of a file is read, and which of its images is which direction."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evenhand.base.errors import DataError

HEIGHTS = "Z"
"""What controllers call the heights."""
_FORWARD = r"forward|fwd|trace|->|→"
_BACKWARD = r"backward|bwd|retrace|<-|←"
_DIRECTION = re.compile(
    rf"[\s_\-\[(]*(?:(?P<forward>{_FORWARD})|(?P<backward>{_BACKWARD}))[\s\])]*$", re.IGNORECASE
)


def split_title(title: str) -> tuple[str, str]:
    """Return the channel and the direction in the title of an image; forward where it names none.

    >>> split_title("Z (Backward)"), split_title("Current_Fwd"), split_title("Z [<-]"), split_title("Topography")
    (('Z', 'backward'), ('Current', 'forward'), ('Z', 'backward'), ('Topography', 'forward'))
    """
    found = _DIRECTION.search(title)
    if found is None or not title[: found.start()].strip():
        return title.strip(), "forward"
    return title[: found.start()].strip(), "backward" if found["backward"] else "forward"


def choose(names: Sequence[str], wanted: str) -> str:
    """Return the channel that is asked for, whatever its case, or the only one there is.

    Of "", the heights are taken, or else the first channel.

    Raises
    ------
    DataError
        If there are several and none is called so.
    """
    held = list(dict.fromkeys(names))
    for name in held:
        if name.casefold() == (wanted or HEIGHTS).casefold():
            return name
    if len(held) == 1 or (held and not wanted):
        return held[0]
    listed = ", ".join(held[:8]) or "none"
    raise DataError(f'has the channels {listed}, but no "{wanted}" (set scanlines.channel)')

"""Units of voltage, in all spellings found in headers."""

from __future__ import annotations

import re
import unicodedata

_MILLIVOLTS = {
    **dict.fromkeys(("mv", "mvolt", "mvolts", "milliv", "millivolt", "millivolts"), 1.0),
    **dict.fromkeys((f"{micro}v{olts}" for micro in ("u", "\u03bc", "mc") for olts in ("", "olt", "olts")), 1e-3),
    **dict.fromkeys(("microv", "microvolt", "microvolts"), 1e-3),
    **dict.fromkeys(("v", "volt", "volts"), 1e3),
    **dict.fromkeys(("nv", "nvolt", "nvolts", "nanov", "nanovolt", "nanovolts"), 1e-6),
}
_LOST_SIGN = re.compile(r"([^\x00-\x7f]{1,6}|\?{1,6})v(olts?)?", re.IGNORECASE)


def millivolts(unit: str) -> float | None:
    """Return the size of a unit in millivolts, or None if it is not a unit of voltage.

    Case is ignored: "MV" means millivolts and "UV" microvolts in headers. The micro sign is the only prefix that is
    not ASCII; so a V after other non-ASCII characters or question marks is a microvolt that was decoded wrongly.

    >>> millivolts("mV"), millivolts("µV"), millivolts("ÂµV"), millivolts("?V"), millivolts("mmHg")
    (1.0, 0.001, 0.001, 0.001, None)
    """
    bare = unit.strip().strip("[]()").strip()
    known = _MILLIVOLTS.get(unicodedata.normalize("NFKC", bare).casefold())
    return 1e-3 if known is None and _LOST_SIGN.fullmatch(bare) else known

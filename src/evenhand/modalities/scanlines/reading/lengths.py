"""Units of length as files of microscopes write them."""

from __future__ import annotations

_METRES = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "nm": 1e-9, "pm": 1e-12, "å": 1e-10, "angstrom": 1e-10}


def metres(unit: str) -> float:
    """Return the metres of a unit of length; NaN for any other text, also for none at all.

    >>> metres("nm"), metres("µm"), metres("A"), metres("")
    (1e-09, 1e-06, nan, nan)
    """
    # two code points for micro, two for angstrom; "A" is an ampere
    plain = unit.strip().replace("µ", "u").replace("μ", "u").replace("\u212b", "å").replace("Å", "å")
    return _METRES.get(plain.casefold() if len(plain) > 2 else plain, float("nan"))


def pixel_size(extent: float, pixels: int, unit: str) -> float:
    """Return metres per pixel; NaN where extent or unit are missing or not positive."""
    size = extent / pixels * metres(unit) if pixels > 0 else float("nan")
    return size if 0 < size < float("inf") else float("nan")

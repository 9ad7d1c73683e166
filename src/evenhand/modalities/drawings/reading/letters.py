"""A font for what is written in a drawing: those that CAD programs name are not installed elsewhere."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from ezdxf.fonts import fonts

WIDE = (
    "Noto Sans CJK",
    "Source Han Sans",
    "WenQuanYi",
    "Microsoft YaHei",
    "PingFang",
    "Hiragino Sans",
    "SimHei",
    "SimSun",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Noto Serif CJK",
)
"""Beginnings of the names of font families with Chinese, Japanese and Korean letters, the plainest first."""


def is_wide(text: str) -> bool:
    """Return whether a text has letters that take a full square, as Chinese, Japanese and Korean ones do.

    >>> is_wide("M8 x 20"), is_wide("法兰")
    (False, True)
    """
    return any(unicodedata.east_asian_width(letter) in "WF" for letter in text)


def wide_font(texts: Iterable[str]) -> Any | None:
    """Return the face of an installed font for texts with wide letters; None if there are none, or no such font."""
    if not any(map(is_wide, texts)):
        return None
    found = (fonts.find_best_match(family=family) for family in WIDE)
    return next((face for face in found if face is not None), None)

"""Formats that no kind of data reads, and what turns their files into some that one does."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from evenhand.data.roots.file_names import suffix

DWG_TOOLS = "your CAD program, or the ODA File Converter"

CONVERSIONS = {".dwg": (".dxf", DWG_TOOLS)}
"""Suffix -> the suffix to convert to, and the program that does."""


def conversion_words(names: Iterable[str], suffixes: Collection[str]) -> str:
    """Return a sentence on files that can be converted to one of `suffixes`, after a space; "" without such files.

    >>> conversion_words(["a/1.DWG", "2.txt"], [".dxf"])
    ' Convert .dwg to .dxf with your CAD program, or the ODA File Converter.'
    >>> conversion_words(["1.dwg"], [".jpg"])
    ''
    """
    there = dict.fromkeys(suffix(name) for name in names)
    return "".join(
        f" Convert {one} to {CONVERSIONS[one][0]} with {CONVERSIONS[one][1]}."
        for one in there
        if one in CONVERSIONS and CONVERSIONS[one][0] in suffixes
    )

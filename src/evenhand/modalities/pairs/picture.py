"""A pair as a small SVG: the picture with its text below, or the one of the two that there is."""

from __future__ import annotations

import base64
import io
import unicodedata
from html import escape
from typing import Any

WIDE = ("W", "F")
"""East Asian widths of characters that take twice the room (Unicode UAX 11)."""


def data_uri(picture: Any, text: str, side: int, *, most_lines: int = 3) -> str:
    """Return a `data:` URI of `side` by `side` px.

    Text stays text in the SVG, so that the reader's program finds fonts and directions for any script.

    Parameters
    ----------
    picture
        A Pillow image whose longer side is at most `side` px, or None.
    text
        "" where there is none.
    most_lines
        Lines of the text below a picture; without a picture it fills the square.
    """
    size = max(7.0, side / 12)
    fitting = most_lines if picture is not None else int(side / (1.25 * size)) - 1
    lines = wrapped(text, max(4, int(side / (0.56 * size))), fitting)
    height = 1.25 * size * len(lines)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {side} {side}">']
    parts.append(f'<rect width="{side}" height="{side}" fill="#fff"/>')
    if picture is not None:
        parts.append(
            f'<image href="{_jpeg(picture)}" width="{side}" height="{side - height:.1f}" '
            'preserveAspectRatio="xMidYMid meet"/>'
        )
        top = side - height
    else:
        top = (side - height) / 2
    for at, line in enumerate(lines, start=1):
        parts.append(
            f'<text x="{side / 2:g}" y="{top + 1.25 * size * at - 0.3 * size:.1f}" font-family="sans-serif" '
            f'font-size="{size:g}" text-anchor="middle" fill="#222">{escape(line)}</text>'
        )
    document = "".join([*parts, "</svg>"])
    return "data:image/svg+xml;base64," + base64.b64encode(document.encode("utf-8", "replace")).decode("ascii")


def wrapped(text: str, width: int, most: int) -> list[str]:
    """Return a text in at most `most` lines of about `width` narrow characters; "…" ends what does not fit.

    >>> wrapped("Puma Men Navy Blue Shirt", 10, 2), wrapped("青い帽子", 4, 3)
    (['Puma Men', 'Navy Blue…'], ['青い', '帽子'])
    """
    lines, line = [], ""
    for word in _printable(text).split():
        for piece in _pieces(word, width):
            joined = f"{line} {piece}" if line else piece
            if line and _room(joined) > width:
                lines.append(line)
                line = piece
            else:
                line = joined
    lines += [line] if line else []
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1]}…"] if most > 0 else []


def _pieces(word: str, width: int) -> list[str]:
    """Return a word cut where it is wider than a line."""
    out = [""]
    for char in word:
        if out[-1] and _room(out[-1] + char) > width:
            out.append("")
        out[-1] += char
    return out


def _room(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in WIDE else 1 for c in text)


def _printable(text: str) -> str:
    """Return a text without characters that XML does not allow (XML 1.0, section 2.2), as blanks."""
    return "".join(
        " " if unicodedata.category(c) in ("Cc", "Cs") or ord(c) in (0xFFFE, 0xFFFF) else c for c in text
    )


def _jpeg(picture: Any) -> str:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")

r"""Characters that DXF spells where the code page lacks them: `\U+4EF6`, and `\M+5C6F7` of older programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ezdxf.lldxf.encoding import decode_dxf_unicode, decode_mif_to_unicode, has_dxf_unicode, has_mif_encoding
from ezdxf.lldxf.types import DXFTag

ESCAPES = (b"\\U+", b"\\M+")


def unescaped(tags: Iterable[Any], raw: bytes) -> Iterator[Any]:
    """Return the tags of a file with escaped characters replaced, as the library does in recovery mode alone.

    Parameters
    ----------
    tags
        From a loader of the library.
    raw
        The bytes they come from: where these hold no escape, as in most files, no tag is looked at.
    """
    return map(_plain, tags) if any(escape in raw for escape in ESCAPES) else iter(tags)


def _plain(tag: Any) -> Any:
    value = tag.value
    return DXFTag(tag.code, unescape(value)) if isinstance(value, str) and "\\" in value else tag


def unescape(text: str) -> str:
    r"""Return a text with its escaped characters; two halves of a surrogate pair become one.

    >>> unescape(r"\U+4ef6 95 \M+5C6F7 \P")
    '件 95 器 \\P'
    """
    if has_dxf_unicode(text):
        text = decode_dxf_unicode(text)
        if any("\ud800" <= letter <= "\udbff" for letter in text):
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return decode_mif_to_unicode(text) if has_mif_encoding(text) else text

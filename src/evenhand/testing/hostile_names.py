"""Two hundred names that break programs, for classes, groups, ids, files and models; and plain substitutes."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable

MARKUP = (
    "[red]", "[/]", "[/red]", "recall[b]", "recall[/]", "[bold red]x[/bold red]", "[[x]]", "\\[x]", ":smile:",
    "[link=http://example.org]x[/link]", "[b", "b]", "**bold**", "`code`", "# head", "%s", "%(x)s", "{0}", "{name}",
    "{{ 7*7 }}", "{% x %}", "${7*7}", "$(reboot)", "`reboot`", "; reboot", "| x",
)  # fmt: skip
_CODES = (
    0x00, 0x01, 0x07, 0x08, 0x0B, 0x1B, 0x1F, 0xFFFE, 0xFFFF, 0x2028, 0x202E, 0x2066, 0x7F, 0x9B, 0x200B, 0xFEFF,
    0x09, 0x0A, 0x0D, 0x2029, 0x85, 0xAD, 0xE0041, 0xFDD0, 0x1FFFE, 0x200E, 0x202A, 0x2069, 0x02, 0x03, 0x04,
)  # fmt: skip
CONTROL = ("\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x1b[2J", *(f"c{chr(code)}d" for code in _CODES))
SCRIPTS = (
    "яблоко", "苹果", "りんご", "사과", "تفاحة", "תפוח", "μήλο", "सेब", "ஆப்பிள்", "แอปเปิล", "ვაშლი", "խնձոր", "ፖም",
    "ແອັບເປີ້ນ", "ਸੇਬ", "આપલ", "ആപ്പിൾ", "ಸೇಬು", "ඇපල්", "ပန်းသီး", "ᏒᎦᏔ", "ⴰⴷⴼⵓ", "pomme à côté", "Äpfel ß", "ñandú",
    "İstanbul", "ŵ", "Ω", "می\u200cخواهم", "👨\u200d👩\u200d👧", "🏴", "🍎🍏", "𝔘𝔫𝔦", "ﬁ", "１２３", "x²", "½", "№",
    "a b", "a\u3000b", "مرحبا 123 abc", "שלום 123 abc",
)  # fmt: skip
COMBINING = (
    "Z" + "\u0335\u0321\u0322\u0300\u0301" * 20,
    "q\u0323\u0307",
    "\u0301x",
    "a\u20dd",
    "🧑🏽\u200d🚀",
    "\ufe0fv",
)
LONG = ("x" * 1000, "long name " * 100 + "end", "長" * 1000, "y" * 999 + "1", "y" * 999 + "2")
VALUES = (
    "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "none", "1", "1.5", "01", "0", "-1", "1e5", "0x10", "true",
    "True", "false", "yes", "inf", "-inf", "2024-01-01", "1,5", "1_000",
)  # fmt: skip
QUOTED = (
    "a,b", 'a"b', '"quoted"', "a'b", "a;b", '"', '""', ",", "'", ";", "a|b", "\\", "a\\nb", "a\\", "a\nb\nc",
    "a\r\nb",
)  # fmt: skip
FORMULAS = (
    "=1+1",
    "+A1",
    "-A1",
    "@SUM(A1)",
    '=HYPERLINK("http://example.org","x")',
    "=cmd|' /C calc'!A0",
    "-",
    "=",
)
HTML = (
    "<script>alert(1)</script>", "</script>", "<img src=x onerror=alert(1)>", '" onmouseover="alert(1)', "<!--",
    "-->", "]]>", "&amp;", "&", "<b>x</b>", "javascript:alert(1)", "</title>", "</svg>",
    "<style>*{display:none}</style>",
)  # fmt: skip
PATHS = (
    "../../etc/passwd", "/etc/passwd", "C:\\x", "a/b", "..", ".", "~", "con", "a.b", ".hidden", "a:b", "x\\y.png",
    "-rf", "--help", "*", "?",
)  # fmt: skip
OURS = ("p:x", "test", "eh:row", "ensemble:equal", "all rows", "id", "fold", "truth", "group", "label", "…", "-1.")

NOT_TEXT = ("\udc80", "caf\udce9", "a\ud800b")
"""Names with surrogates, which UTF-8 cannot encode; only displays and JSON receive them."""


def hostile_names(count: int = 200) -> tuple[str, ...]:
    """Return the first `count` names, round-robin over their kinds; all differ in Unicode normal form C.

    None has leading or trailing spaces, which tables do not keep.

    >>> len(hostile_names()), len(set(hostile_names()))
    (200, 200)
    """
    kinds = (MARKUP, CONTROL, SCRIPTS, COMBINING, LONG, VALUES, QUOTED, FORMULAS, HTML, PATHS, OURS)
    longest = max(map(len, kinds))
    turns = (kind[at] for at in range(longest) for kind in kinds if at < len(kind))
    found: dict[str, str] = {}
    for name in turns:
        found.setdefault(unicodedata.normalize("NFC", name), name)
    if count > len(found):
        raise ValueError(f"there are {len(found)} hostile names, not {count}")
    return tuple(found.values())[:count]


def plain_names(names: Iterable[str]) -> dict[str, str]:
    """Return name -> a plain name of the same rank in the sorted order, so that nothing but names differs.

    >>> plain_names(["b", "<a>"])
    {'<a>': 'n0000', 'b': 'n0001'}
    """
    return {name: f"n{rank:04}" for rank, name in enumerate(sorted(names))}


def can_be_file(name: str, *, longest: int = 200) -> bool:
    r"""Return whether a table can name a file so: without folders, not hidden, stripped, not too long.

    >>> [can_be_file(name) for name in ("a,b", "a/b", ".hidden", "x\\y", " a")]
    [True, False, False, False, False]
    """
    folders = set(name) & {"/", "\\", "\0"}
    return not (folders or name.startswith(".") or name != name.strip() or len(os.fsencode(name)) > longest)

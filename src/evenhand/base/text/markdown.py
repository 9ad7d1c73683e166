"""Names and values in Markdown (CommonMark with GitHub's tables), shown as they are whatever is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evenhand.base.text.escaping import printable

_MARKUP = re.compile(
    r"(?P<interval>\[[-+]?\d[-+\d. ]*,[-+\d., ]*\](?![\[(:]))"  # cannot be a link, and people read the source
    r"|(?<![^\W_])_+|_+(?![^\W_])"  # underscores within a word are no markup
    r"|[\\`*\[\]<|~$@]|&(?=[#\w])|(?<=:)/(?=/)|(?<=www)\.|(?<=WWW)\."
)
"""Characters that begin markup within a line, in GitHub's dialect too; others only do so at its beginning."""


def markdown_text(text: object) -> str:
    r"""Return text for within a line or a cell of a table: markup, HTML, links and mentions are escaped.

    >>> print(markdown_text("macro_f1 0.5 [0.4, 0.6] | <b> @you _x_"))
    macro_f1 0.5 [0.4, 0.6] \| \<b> \@you \_x\_
    """
    return _MARKUP.sub(_escaped, printable(str(text)))


def _escaped(match: re.Match[str]) -> str:
    return match[0] if match["interval"] else "".join(f"\\{char}" for char in match[0])


def markdown_code(text: object) -> str:
    r"""Return text as a code span, for within a line; in a table, use `markdown_text`.

    >>> print(markdown_code("a`b"), markdown_code("--set k=1"))
    ``a`b`` `--set k=1`
    """
    plain = printable(str(text))
    fence = "`" * (1 + max(map(len, re.findall("`+", plain)), default=0))
    # One space at both ends is taken away by the reader, and a backtick must not touch the fence.
    pad = " " if not plain.strip(" ") or plain[0] in "` " or plain[-1] in "` " else ""
    return f"{fence}{pad}{plain or ' '}{pad}{fence}"


def markdown_table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return the lines of a table; heads and cells are Markdown already."""
    names = list(heads)
    return [
        f"| {' | '.join(names)} |",
        f"|{'---|' * len(names)}",
        *(f"| {' | '.join(cells)} |" for cells in rows),
    ]

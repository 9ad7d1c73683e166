"""Names in Markdown: read by a reader of Markdown, they are what they were."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from evenhand.base.text.escaping import printable
from evenhand.base.text.markdown import markdown_code, markdown_table, markdown_text

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NAMES = st.text(st.sampled_from("ab0 _*`~[]()<>|\\&#;!:/.@$-é\n\t"), max_size=20) | st.text(max_size=20)


def shown(page: str) -> str:
    """Return what a person sees of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def squeezed(text: str) -> str:
    return " ".join(text.split())


@given(NAMES)
@example("__init__ and a__b__")
@example("\\__a_\\_")
@example("[x](http://a.b) ![y](z) [0.1, 0.2](a) [0.1, 0.2]")
@example("<script>alert(1)</script> <!-- evenhand:entry x -->")
@example("&lt; &#60; &amp")
def test_a_name_within_a_line_is_shown_as_it_is(name: str) -> None:
    page = READER.render(f"x {markdown_text(name)} y")
    assert squeezed(shown(page)) == squeezed(f"x {printable(name)} y")
    assert re.findall(r"<(\w+)", page) == ["p"]


@given(st.lists(NAMES, min_size=1, max_size=3))
@example(["a|b", "c\\|d", "e\\"])
def test_a_name_in_a_table_stays_in_its_cell(names: list[str]) -> None:
    lines = markdown_table(["h"] * len(names), [[markdown_text(name) for name in names]])
    page = READER.render("\n".join(lines))
    cells = [squeezed(shown(cell)) for cell in re.findall(r"<td>(.*?)</td>", page, re.DOTALL)]
    assert cells == [squeezed(printable(name)) for name in names]


@given(NAMES)
def test_a_code_span_holds_what_it_was_given(name: str) -> None:
    page = READER.render(f"x {markdown_code(name)} y")
    (code,) = re.findall(r"<code>(.*?)</code>", page, re.DOTALL)
    assert squeezed(shown(code)) == squeezed(printable(name))


@pytest.mark.parametrize("name", ["https://a.b/c", "www.a.b", "a@b.c", "@someone"])
def test_no_name_becomes_a_link_or_a_mention(name: str) -> None:
    assert "\\" in markdown_text(name)

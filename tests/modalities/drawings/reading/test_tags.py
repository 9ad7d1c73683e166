"""Tags read in one pass are those of the library."""

import io
from typing import Any

import pytest
from ezdxf.lldxf.tagger import ascii_tags_loader, tag_compiler
from hypothesis import given
from hypothesis import strategies as st

from evenhand.modalities.drawings.reading.tags import compiled_tags

CODES = st.sampled_from(
    [0, 1, 5, 8, 10, 11, 20, 21, 30, 31, 40, 62, 70, 90, 100, 210, 220, 230, 290, 310, 330, 999, 1000, 1010]
)
VALUES = st.sampled_from(["0", "1.5", " 7 ", "LINE", "EOF", "EOF ", "", "AB", "nan", "1e400", "2.0", "x y", "-3"])
ENDINGS = st.sampled_from(["\n", "\r\n", "\r"])


def made(text: str, ours: bool) -> list[Any] | None:
    """Return the tags as plain values, None where the text is refused."""
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8")
    try:
        tags = compiled_tags(lines) if ours else tag_compiler(ascii_tags_loader(lines))
        return [(type(tag).__name__, tag.code, repr(tag.value)) for tag in tags]
    except Exception:
        return None


@given(st.lists(st.tuples(CODES, VALUES), max_size=12), ENDINGS, st.sampled_from(["", "0", "  0", "x"]))
def test_tags_are_those_of_the_library(pairs, ending, last):
    text = "".join(f"{code:3d}{ending}{value}{ending}" for code, value in pairs) + last
    assert made(text, ours=True) == made(text, ours=False)


@pytest.mark.parametrize(
    "text", ["10\n1\n20\n2\n", "10\n1\n20\n2\n30\n3\n", "10\n1\n20\n2\n999\nc\n30\n3\n0\nEOF\n0\nX\n"]
)
def test_a_point_at_the_end_is_the_librarys(text):
    assert made(text, ours=True) == made(text, ours=False)


def test_equal_layers_are_one_object():
    first, second = (tag for tag in compiled_tags(["8\n", "a\n", "8\n", "a\n"]))
    assert first is second

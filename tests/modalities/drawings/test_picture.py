"""Pictures of drawings: SVG by ezdxf's add-on or by strokes, small, without anything that a browser runs."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import ezdxf
import pytest

from evenhand.base.errors import DataError
from evenhand.modalities import KINDS
from evenhand.modalities.drawings.config import DrawingsConfig
from evenhand.modalities.drawings.reading import draw as module
from evenhand.modalities.drawings.reading.draw import MOST_BYTES, MOST_PRIMITIVES, draw
from evenhand.modalities.drawings.reading.letters import wide_font
from evenhand.testing.drawings import dxf_bytes
from evenhand.testing.hostile_drawings import hostile

PARTS = {"svg", "defs", "style", "rect", "g", "path", "line", "polyline", "circle"}


def parts(svg: str) -> set[str]:
    return {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(svg).iter()}


def drawing(count: int) -> bytes:
    document = ezdxf.new("R2010")
    for at in range(count):
        document.modelspace().add_line((at, 0), (at, at % 7 + 1))
    document.modelspace().add_text("<script>alert(1)</script>")
    return dxf_bytes(document)


@pytest.mark.parametrize("side", [96, 320])
def test_a_picture_has_its_size_and_no_text(side: int) -> None:
    svg = draw(drawing(20), side)
    assert parts(svg) <= PARTS
    assert "script" not in svg
    assert ElementTree.fromstring(svg).get("width") == str(side)
    assert "<style" in svg  # by the add-on


def test_large_drawings_are_shown_by_their_longest_strokes() -> None:
    svg = draw(drawing(MOST_PRIMITIVES + 100), 96)
    assert "<style" not in svg
    assert svg.count("M") == MOST_PRIMITIVES
    assert len(svg) < MOST_BYTES


def test_what_the_add_on_cannot_draw_is_shown_by_strokes(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> str:
        raise ValueError("of the library")

    monkeypatch.setattr(module, "_by_ezdxf", fails)
    assert parts(draw(drawing(3), 96)) == {"svg", "rect", "path"}


def test_chinese_letters_are_drawn_where_a_font_has_them() -> None:
    if wide_font(["法兰"]) is None:
        pytest.skip("no font with Chinese letters is installed")

    def written(text: str) -> str:
        document = ezdxf.new("R2010")
        document.modelspace().add_line((0, 0), (9, 9))
        document.modelspace().add_text(text)
        return draw(dxf_bytes(document), 96)

    assert wide_font(["M8 x 20"]) is None
    assert written("法") != written("罐"), "boxes in the place of letters are all equal"


def test_a_file_beyond_the_bound_is_not_read_for_its_picture() -> None:
    class Large:
        def size(self, name: str) -> int:
            return DrawingsConfig().max_bytes + 1

        def read(self, name: str) -> bytes:
            raise AssertionError("it was read")

    with pytest.raises(DataError, match="max_bytes"):
        KINDS.get("drawings").picture_of(Large(), {"path": "a.dxf"}, 96)


def test_a_far_away_entity_does_not_shrink_the_picture() -> None:
    svg = draw(hostile("far away").raw, 96)
    assert svg.count("<path") >= 20


def test_the_kind_gives_a_data_uri_or_a_reason() -> None:
    kind = KINDS.get("drawings")
    start = "data:image/svg+xml;base64,"
    uri = kind.picture(drawing(5), 96)
    assert uri.startswith(start)
    assert parts(base64.b64decode(uri.removeprefix(start)).decode()) <= PARTS
    with pytest.raises(DataError, match="nothing that can be drawn"):
        kind.picture(dxf_bytes(ezdxf.new()), 96)

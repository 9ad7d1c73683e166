"""What blocks give when they are inserted in any order, and what a modelspace without shapes is."""

import ezdxf

from evenhand.modalities.drawings.reading.encode import layout_of
from evenhand.modalities.drawings.reading.explode import DEEPEST, explode


def nested(depth):
    """Return a document with blocks L0 … L(depth), each of which holds the next lower one; L0 holds a line."""
    document = ezdxf.new()
    document.blocks.new("L0").add_line((0, 0), (1, 0))
    for level in range(1, depth + 1):
        document.blocks.new(f"L{level}").add_blockref(f"L{level - 1}", (0, 0))
    return document


def test_a_block_that_once_lay_too_deep_is_whole_elsewhere():
    document = nested(DEEPEST + 4)
    for name in (f"L{DEEPEST + 4}", "L10", "L3"):
        document.modelspace().add_blockref(name, (0, 0))
    found = explode(document, document.modelspace(), 1000)
    assert (len(found.curves), found.cut) == (2, 1)


def test_a_block_that_once_stood_in_itself_is_whole_elsewhere():
    document = ezdxf.new()
    a, b = document.blocks.new("A"), document.blocks.new("B")
    a.add_line((0, 0), (1, 0))
    a.add_blockref("B", (0, 0))
    b.add_circle((0, 0), 1)
    b.add_blockref("A", (0, 0))
    document.modelspace().add_blockref("A", (0, 0))
    document.modelspace().add_blockref("B", (0, 0))
    assert len(explode(document, document.modelspace(), 1000).curves) == 4


def test_an_insert_of_a_missing_block_is_named():
    document = ezdxf.new()
    document.modelspace().add_blockref("gone", (0, 0))
    found = explode(document, document.modelspace(), 1000)
    assert found.unread == {"INSERT of a block that is not there": 1}


def test_paper_space_is_read_where_the_model_has_no_shape():
    document = ezdxf.new()
    document.modelspace().add_xline((0, 0), (1, 0))
    document.layout("Layout1").add_line((0, 0), (1, 0))
    entities, paper = layout_of(document)
    assert paper
    assert [entity.dxftype() for entity in entities] == ["LINE"]

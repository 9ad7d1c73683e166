"""Inserts with a clipping boundary show a part of their block."""

import ezdxf
import numpy as np
import pytest
from ezdxf.xclip import XClip

from evenhand.modalities.drawings.config import DrawingsConfig
from evenhand.modalities.drawings.kind import COUNTED
from evenhand.modalities.drawings.reading.encode import encode
from evenhand.modalities.drawings.reading.explode import explode
from evenhand.modalities.drawings.vocabulary import COUNTERS
from evenhand.testing.drawings import dxf_bytes

SQUARE = [(0, 0), (10, 0), (10, 10), (0, 10)]


def clipped_document(path, **how):
    """Return a document with an insert that shows `path` of a block: two circles, a line through both, a text."""
    document = ezdxf.new("R2010")
    block = document.blocks.new("B")
    block.add_circle((5, 5), 2)
    block.add_circle((50, 5), 2)
    block.add_line((5, 5), (50, 5))
    block.add_text("there", height=1).set_placement((5, 8))
    block.add_text("gone", height=1).set_placement((50, 8))
    insert = document.modelspace().add_blockref("B", (100, 0), how)
    XClip(insert).set_block_clipping_path(path)
    return document, insert


def pieces(document):
    found = explode(document, document.modelspace(), 100)
    return found, [points[:, :2] for points in found.curves.each()]


@pytest.mark.parametrize(
    "path", [SQUARE, [(0, 0), (10, 10)], [*SQUARE, (5, 12)]], ids=["square", "diagonal", "house"]
)
def test_what_lies_outside_is_left_out_and_what_crosses_is_cut(path):
    found, held = pieces(clipped_document(path)[0])
    assert (found.clipped, found.inserts, found.broken) == (1, 1, 0)
    assert len(held) == 3
    line = next(points for points in held if len(points) == 2 and np.ptp(points[:, 1]) == 0 and points[0, 1] == 5)
    np.testing.assert_allclose(np.sort(line[:, 0]), [105, 110])


def test_the_boundary_moves_with_the_insert():
    _, held = pieces(clipped_document(SQUARE, xscale=-2.0, yscale=3.0, rotation=90)[0])
    points = np.concatenate(held)
    assert points[:, 0].min() >= 100 - 30 - 1e-9
    assert points[:, 1].min() >= -20 - 1e-9
    assert len(held) == 3


def test_an_arc_that_leaves_and_returns_is_in_pieces():
    document = ezdxf.new()
    document.blocks.new("B").add_circle((0, 0), 10)
    insert = document.modelspace().add_blockref("B", (0, 0))
    XClip(insert).set_block_clipping_path([(-20, -5), (20, 5)])
    found, held = pieces(document)
    assert len(held) == 2
    assert not found.curves.closed.any()
    assert all(np.abs(points[:, 1]).max() == pytest.approx(5) for points in held)


def test_a_disabled_boundary_clips_nothing():
    document, insert = clipped_document(SQUARE)
    XClip(insert).disable_clipping()
    found, held = pieces(document)
    assert (found.clipped, len(held)) == (0, 5)


def test_check_counts_them():
    arrays = encode(dxf_bytes(clipped_document(SQUARE)[0]), DrawingsConfig().plain())
    assert arrays["counters"][COUNTERS.index("clipped")] == 1
    assert [counter.name for counter in COUNTED] == list(COUNTERS)

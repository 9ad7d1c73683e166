"""Layers, colours and words are columns only where they are asked for."""

from __future__ import annotations

from typing import Any

import ezdxf
import numpy as np

from evenhand.modalities.drawings.config import DrawingsConfig
from evenhand.modalities.drawings.reading.encode import encode
from evenhand.modalities.drawings.reading.marks import COLUMNS, hashed
from evenhand.modalities.drawings.vocabulary import NODE_FEATURES
from evenhand.testing.drawings import dxf_bytes

PLAIN = len(NODE_FEATURES)


def drawing(layer: str = "A", colour: int = 1, words: str = "M8") -> bytes:
    document = ezdxf.new("R2010")
    document.layers.add(layer, color=colour)
    block = document.blocks.new("part")
    block.add_line((0, 0), (5, 0), {"layer": "0", "color": 0})
    block.add_line((0, 1), (5, 1), {"layer": "0"})
    block.add_line((0, 2), (5, 2), {"layer": "0", "color": 5})
    space = document.modelspace()
    space.add_blockref("part", (0, 0), {"layer": layer})
    space.add_circle((2, 2), 3, {"layer": layer})
    space.add_text(words, dxfattribs={"layer": layer})
    return dxf_bytes(document)


def nodes(raw: bytes, *read: Any) -> np.ndarray[Any, Any]:
    return encode(raw, DrawingsConfig(read=list(read)).plain())["nodes"]


def test_by_default_nothing_that_a_model_reads_depends_on_layers_colours_or_words() -> None:
    settings = DrawingsConfig().plain()
    a, b = (encode(raw, settings) for raw in (drawing(), drawing("B", 3, "N9")))
    for name in ("nodes", "strokes", "edges", "relations"):
        np.testing.assert_array_equal(a[name], b[name])
    assert a["nodes"].shape[1] == PLAIN


def test_each_that_is_asked_for_adds_its_columns() -> None:
    for read in (["layers"], ["colours"], ["text"], ["layers", "colours", "text"]):
        found = nodes(drawing(), *read)
        assert found.shape[1] == PLAIN + sum(COLUMNS[name] for name in read)
        np.testing.assert_array_equal(found[:, :PLAIN], nodes(drawing()))


def test_layer_0_of_a_block_is_that_of_the_insert() -> None:
    found = nodes(drawing("holes"), "layers")[:, PLAIN:]
    np.testing.assert_allclose(found, np.tile(hashed("holes", COLUMNS["layers"]), (5, 1)), atol=1e-6)


def test_colours_come_from_the_layer_and_from_the_insert() -> None:
    found = nodes(drawing(colour=3), "colours")[:, PLAIN:].argmax(axis=1)
    assert found.tolist() == [3, 3, 5, 3, 3]


def test_words_are_hashed_where_they_stand() -> None:
    found = nodes(drawing(words=" Ｍ8 "), "text")[:, PLAIN:]
    assert not found[:4].any()
    np.testing.assert_allclose(found[4], hashed("m8", COLUMNS["text"]), atol=1e-6)

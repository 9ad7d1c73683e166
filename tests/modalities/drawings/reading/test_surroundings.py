import ezdxf
import numpy as np

from evenhand.modalities.drawings.reading.surroundings import surroundings
from evenhand.modalities.drawings.vocabulary import SURROUNDINGS


def measures(document):
    found = surroundings(document, document.modelspace()).measures()
    assert found.shape == (len(SURROUNDINGS),)
    return dict(zip(SURROUNDINGS, found, strict=True))


def bins(found, what):
    return {name for name, value in found.items() if name.startswith(f"{what} ") and name[-1].isdigit() and value}


def document(layer="0", colour=256, words="", block=None):
    """Return a document with a line and a text; in a block, if one is named, inside another block."""
    made = ezdxf.new()
    space = made.modelspace()
    if block:
        space.add_blockref("outer", (0, 0))
        made.blocks.new("outer").add_blockref(block, (0, 0))
        space = made.blocks.new(block)
    space.add_line((0, 0), (1, 1), dxfattribs={"layer": layer, "color": colour})
    space.add_text(words, dxfattribs={"layer": layer, "color": colour})
    return made


def test_layers_and_texts_are_counted_and_names_hashed_alike():
    made = document("Outline", 1, "M8x20")
    made.modelspace().add_mtext("{\\fArial|b0;12}", dxfattribs={"layer": "NOTES", "color": 3})
    found = measures(made)
    assert (found["layers"], found["colours"], found["text length"]) == (2, 2, 7)
    shared = bins(found, "layer name") & bins(measures(document("OUTLINE")), "layer name")
    assert len(shared) == 1


def test_colours_are_values_and_not_only_counts():
    assert measures(document(colour=1))["red"] == measures(document(colour=2))["yellow"] == 1
    made = document("dim")
    made.layers.add("DIM", color=5)
    assert measures(made)["blue"] == 1, "by layer"
    made.modelspace()[0].rgb = (1, 2, 3)
    assert (measures(made)["blue"], measures(made)["other colours"]) == (0.5, 0.5)


def test_words_are_read_whatever_numbers_and_codes_stand_around_them():
    one, other = document(words="FLANGE DN50"), document(words="flange dn80")
    other.modelspace().add_mtext("{\\H2x;\\C1;Flange} 12")
    assert bins(measures(one), "word") == bins(measures(other), "word") != set()
    assert bins(measures(one), "word") != bins(measures(document(words="法兰 DN50")), "word")
    assert bins(measures(document(words="12.5 3")), "word") == set()


def test_what_lies_in_blocks_counts_as_what_does_not():
    plain, nested = (measures(document("dim", 2, "shaft", block)) for block in (None, "inner"))
    for name in ("yellow", "text length"):
        assert nested[name] > 0
    for what in ("layer name", "word"):
        assert bins(plain, what) <= bins(nested, what)
    assert nested["blocks"] == 2
    assert bins(nested, "block name") != bins(measures(document(block="other")), "block name")
    again = document("dim", 2, "shaft", "inner")
    again.blocks.get("inner").add_blockref("outer", (0, 0))  # in itself
    again.modelspace().add_blockref("outer", (9, 9))
    assert measures(again)["text length"] == nested["text length"]


def test_attributes_of_inserts_are_written_too():
    made = document(block="inner")
    made.modelspace()[0].add_attrib("TITLE", "Lagerbock")
    assert measures(made)["text length"] == len("Lagerbock")


def test_copies_are_told_apart_by_the_set_of_their_texts():
    def number(made):
        return surroundings(made, made.modelspace()).words_number()

    assert number(ezdxf.new()) == number(document(words=" ")) == 0
    assert number(document(words="a")) == number(document(words="a ", block="inner")) != number(document(words="b"))


def test_a_drawing_of_nothing_has_nothing_around_it():
    assert not np.any(surroundings(ezdxf.new(), []).measures())

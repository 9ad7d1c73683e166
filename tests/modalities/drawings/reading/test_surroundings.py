import ezdxf

from evenhand.modalities.drawings.reading.surroundings import SURROUNDINGS, surroundings


def test_layers_colours_and_text_are_counted_and_names_hashed_alike():
    space = ezdxf.new().modelspace()
    space.add_line((0, 0), (1, 1), dxfattribs={"layer": "Outline", "color": 1})
    space.add_text("M8x20", dxfattribs={"layer": "notes", "color": 3})
    space.add_mtext("12", dxfattribs={"layer": "NOTES", "color": 3})
    found = dict(zip(SURROUNDINGS, surroundings(space), strict=True))
    assert (found["layers"], found["colours"], found["text length"]) == (2, 2, 7)
    other = ezdxf.new().modelspace()
    other.add_point((5, 5), dxfattribs={"layer": "OUTLINE"})
    shared = [name for name in SURROUNDINGS[3:] if dict(zip(SURROUNDINGS, surroundings(other), strict=True))[name]]
    assert len(shared) == 1
    assert found[shared[0]] == 1


def test_a_drawing_of_nothing_has_nothing_around_it():
    assert not surroundings([]).any()

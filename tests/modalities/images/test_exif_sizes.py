import pandas as pd

from evenhand.modalities.images.exif_sizes import upright_sizes


def test_pictures_on_their_side_are_turned():
    facts = pd.DataFrame({"width": [40, 40, 0], "height": [30, 30, 0], "orientation": [1, 6, 1]})
    w, h = upright_sizes(facts)
    assert (w.tolist(), h.tolist()) == ([40, 30, 1], [30, 40, 1])


def test_without_orientation_sizes_are_as_they_are_and_may_be_unknown():
    w, h = upright_sizes(pd.DataFrame({"width": [4], "height": [3]}))
    assert (w.tolist(), h.tolist()) == ([4], [3])
    assert upright_sizes(pd.DataFrame({"mode": ["L"]})) is None

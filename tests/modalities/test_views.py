from types import SimpleNamespace

import numpy as np
import pytest

from evenhand.base.errors import ModelError
from evenhand.data.store.ragged import Ragged
from evenhand.modalities.kind import KindDefaults
from evenhand.modalities.photos import Photos
from evenhand.modalities.photos.views import FLIP, LEFT, PHOTO_VIEWS
from evenhand.modalities.views import PLAIN, View, Viewed, views_of


def test_the_eight_views_are_the_group_of_the_square():
    picture = np.arange(12).reshape(2, 2, 3)
    seen = {view.show(picture).tobytes() for view in PHOTO_VIEWS["geo8"]}
    assert len(seen) == 8
    for view in PHOTO_VIEWS["geo8"]:
        for again in PHOTO_VIEWS["geo8"]:
            assert np.ascontiguousarray(again.show(view.show(picture))).tobytes() in seen


@pytest.mark.parametrize(
    ("wanted", "count"), [("none", 1), ("flip", 2), ("geo4", 4), ("geo8", 8), (1, 1), (3, 3), ("5", 5)]
)
def test_sets_and_numbers_begin_with_the_plain_view(wanted, count):
    found = views_of(Photos(), wanted)
    assert len(found) == count
    assert found[0] is PLAIN
    assert len({view.name for view in found}) == count


@pytest.mark.parametrize("wanted", ["geo6", 0, 9, -1])
def test_what_is_not_there_is_told(wanted):
    with pytest.raises(ModelError, match="photos"):
        views_of(Photos(), wanted)


def test_another_kind_offers_its_own():
    shift = View("later", lambda beat: np.roll(beat, 2, axis=-1))
    kind = SimpleNamespace(name="beats", test_views={"shift": (PLAIN, shift)})
    assert views_of(kind, "shift") == (PLAIN, shift)
    assert views_of(KindDefaults(), "none") == (PLAIN,)


def test_rows_are_shown_one_by_one_and_together():
    rows = np.random.default_rng(0).integers(0, 255, (5, 4, 4, 3)).astype(np.uint8)
    seen = Viewed(rows, FLIP)
    assert len(seen) == 5
    assert np.array_equal(seen[2], rows[2, :, ::-1])
    assert np.array_equal(np.take(seen, np.array([4, 0]), axis=0), rows[[4, 0], :, ::-1])


def test_rows_of_any_size_can_be_turned():
    ragged = Ragged.of([np.zeros((2, 3, 3), np.uint8), np.ones((4, 1, 3), np.uint8)])
    assert Viewed(ragged, LEFT)[0].shape == (3, 2, 3)

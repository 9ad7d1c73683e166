"""The pictures most alike each picture."""

import numpy as np
import pytest

from evenhand.modalities.images.nearest import nearest_pictures


def photos(n: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 8, 8, 3), dtype=np.uint8).repeat(4, 1).repeat(4, 2)


def test_the_nearest_are_those_with_the_least_difference() -> None:
    found = nearest_pictures(photos(30), 29)
    assert found.near.shape == (30, 29)
    assert (found.near != np.arange(30)[:, None]).all(), "no picture is its own neighbour"
    assert (np.diff(found.coarse, axis=1) > -1e-5).all()
    assert (found.usual == found.fine.max(axis=1)).all()
    assert found.fine.min() > 0.1


def test_a_copy_comes_first_and_differs_by_nothing() -> None:
    images = photos(30)
    found = nearest_pictures(np.concatenate([images, images[:5]]), 4)
    assert found.near[:5, 0].tolist() == [30, 31, 32, 33, 34]
    assert found.fine[:5, 0] == pytest.approx(0, abs=1e-6)
    assert found.pairs(found.fine < 1e-6).tolist() == [[i, 30 + i] for i in range(5)]


def test_pictures_without_contrast_are_left_out() -> None:
    images = photos(12)
    images[[3, 7]] = 90
    found = nearest_pictures(images, 3)
    assert found.rows.tolist() == [0, 1, 2, 4, 5, 6, 8, 9, 10, 11]
    assert not {3, 7} & set(found.pairs(np.ones_like(found.fine, dtype=bool)).ravel().tolist())


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_pictures_have_few_neighbours(n: int) -> None:
    found = nearest_pictures(photos(3)[:n], 16)
    assert found.near.shape == (n, max(0, n - 1))
    assert found.usual_of_both.shape == found.near.shape

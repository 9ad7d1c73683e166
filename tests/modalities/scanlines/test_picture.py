"""Pictures of scans: grey, the first line on top, what was not scanned in grey."""

import base64
import io

import numpy as np
from PIL import Image

from evenhand.modalities.scanlines.picture import UNSCANNED, data_uri
from evenhand.modalities.scanlines.reading.scan import Scan


def pixels(heights: np.ndarray, side: int, flatten: str = "none") -> np.ndarray:
    uri = data_uri(Scan(heights[None]), side, flatten)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def test_heights_are_stretched_from_black_to_white_and_the_first_line_is_on_top() -> None:
    ramp = np.tile(np.linspace(1e-9, 2e-9, 50)[:, None], (1, 40))
    found = pixels(ramp, 64)
    assert found.shape == (50, 40)
    assert found[0].max() == 0
    assert found[-1].min() == 255
    assert (np.diff(found[:, 0].astype(int)) >= 0).all()


def test_a_picture_is_no_larger_than_asked_for_and_keeps_its_shape() -> None:
    assert pixels(np.random.default_rng(0).normal(size=(100, 400)), 64).shape == (16, 64)


def test_what_was_not_scanned_is_grey_and_a_constant_scan_is_a_picture() -> None:
    heights = np.random.default_rng(0).normal(size=(20, 30))
    heights[8:] = np.nan
    assert (pixels(heights, 64)[8:] == UNSCANNED).all()
    assert len(np.unique(pixels(np.full((9, 9), 3.0), 64, "slope"))) == 1

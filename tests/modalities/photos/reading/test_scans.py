"""JPEGs of many scans are refused before they are decoded; ordinary ones never are."""

import io

import numpy as np
import pytest
from PIL import Image

from evenhand.base.errors import DataError
from evenhand.modalities.photos.config import PhotosConfig
from evenhand.modalities.photos.reading.read import encode, facts, thumbnail
from evenhand.modalities.photos.scans import MOST_SCANS, scan_count

SETTINGS = PhotosConfig(size=32).plain()


def jpeg(*, side: int = 64, **options: object) -> bytes:
    out = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(out, "JPEG", **options)
    return out.getvalue()


def with_scans(times: int) -> bytes:
    """Return a progressive JPEG whose last scan comes again and again."""
    raw = jpeg(progressive=True)
    start = raw.rindex(b"\xff\xda")
    return raw[:-2] + raw[start:-2] * times + raw[-2:]


@pytest.mark.parametrize("options", [{}, {"quality": 95, "subsampling": 0}, {"optimize": True}])
def test_a_baseline_picture_has_one_scan(options: dict[str, object]) -> None:
    assert scan_count(jpeg(**options)) == 1


def test_a_progressive_picture_has_about_ten() -> None:
    assert 5 <= scan_count(jpeg(progressive=True)) <= 15
    assert encode(jpeg(progressive=True), SETTINGS)["image"].shape == (32, 32, 3)


def test_thumbnails_before_and_films_after_a_picture_are_no_scans() -> None:
    raw = jpeg(exif=b"Exif\0\0" + b"\xff\xda\0\x02\xff\xd9" * 500) + b"\xff\xda" * 100_000
    assert scan_count(raw) == 1
    assert encode(raw, SETTINGS)["image"].shape == (32, 32, 3)


def test_a_marker_without_length_hides_no_scan() -> None:
    raw = with_scans(1000)
    start = raw.index(b"\xff\xda")
    assert scan_count(raw[:start] + b"\xff\x01" + raw[start:]) == MOST_SCANS + 1


@pytest.mark.parametrize("restarts", [1, 7])
def test_restarts_end_no_scan(restarts: int) -> None:
    assert scan_count(jpeg(restart_marker_rows=restarts)) == 1


def test_what_is_cut_off_is_counted_as_far_as_it_goes() -> None:
    raw = jpeg(progressive=True)
    for end in range(2, len(raw), 7):
        assert scan_count(raw[:end]) <= scan_count(raw)


def test_many_scans_are_refused_by_every_way_of_reading() -> None:
    raw = with_scans(1000)
    assert scan_count(raw) == MOST_SCANS + 1
    for read in (
        lambda: encode(raw, SETTINGS),
        lambda: thumbnail(raw, 32, SETTINGS),
        lambda: facts(raw),
    ):
        with pytest.raises(DataError, match="more than 100 scans"):
            read()

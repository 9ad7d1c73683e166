import pytest

from evenhand.base.errors import DataError
from evenhand.modalities.photos.reading.open_image import opened
from evenhand.testing.pictures import picture, png_header


def test_nothing_is_decoded_above_the_limit() -> None:
    message = r"has 900,000,000 pixels; photos\.max_pixels = 100,000,000 is the most"
    with pytest.raises(DataError, match=message), opened(png_header(30_000, 30_000), 100_000_000):
        pass
    message = r"has 60 × 40 = 2,400 pixels; photos\.max_pixels = 2,399"
    with pytest.raises(DataError, match=message), opened(picture(), 2399):
        pass


def test_only_formats_of_photos_are_opened() -> None:
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
    message = r'is not a JPEG, PNG.*\(it starts with "%!PS-Adobe-3"\)'
    with pytest.raises(DataError, match=message), opened(postscript, 100):
        pass

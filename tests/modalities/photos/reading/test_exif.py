import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.modalities.photos.reading.exif import jpeg_orientation, upright
from evenhand.testing.pictures import picture, turned


@pytest.mark.parametrize("orientation", range(1, 9))
def test_reads_what_pillow_writes(orientation: int) -> None:
    assert jpeg_orientation(turned(orientation)) == orientation


def test_a_jpeg_without_exif_is_upright() -> None:
    assert jpeg_orientation(picture(format="JPEG")) == 1


@pytest.mark.parametrize("byte_order", [b"II", b"MM"])
def test_both_byte_orders(byte_order: bytes) -> None:
    order = "little" if byte_order == b"II" else "big"

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, order)  # type: ignore[arg-type]

    entry = number(0x0112, 2) + number(3, 2) + number(1, 4) + number(8, 2) + b"\0\0"
    block = byte_order + number(42, 2) + number(8, 4) + number(1, 2) + entry
    body = b"Exif\0\0" + block
    segment = b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
    assert jpeg_orientation(b"\xff\xd8" + segment + b"\xff\xd9") == 8


@given(st.binary(max_size=80))
def test_any_bytes_have_an_orientation(raw: bytes) -> None:
    for head in (b"\xff\xd8", b"\xff\xd8\xff\xe1\x00\x40Exif\0\0II*\0"):
        assert 1 <= jpeg_orientation(head + raw) <= 8


@given(st.integers(1, 8))
def test_turning_keeps_every_pixel(orientation: int) -> None:
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    out = upright(pixels, orientation)
    assert out.flags.c_contiguous
    assert sorted(map(tuple, out.reshape(-1, 3))) == sorted(map(tuple, pixels.reshape(-1, 3)))
    assert out.shape == ((3, 2, 3) if orientation > 4 else (2, 3, 3))

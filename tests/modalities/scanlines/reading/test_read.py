"""Files to scans: PNG, TIFF, npy, npz; the order of lines, and what cannot be read."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from evenhand.base.errors import DataError
from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.modalities.scanlines.reading.read import facts, read_scan

RNG = np.random.default_rng(0)
LEVELS = RNG.integers(0, 255, (7, 12)).astype(np.uint8)


def settings(**own: object) -> dict:
    return ScanLinesConfig.model_validate(own).plain()


def png(pixels: np.ndarray, mode: str | None = None) -> bytes:
    out = io.BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(out, "PNG")
    return out.getvalue()


def tiff(pixels: np.ndarray, **how: object) -> bytes:
    out = io.BytesIO()
    tifffile.imwrite(out, pixels, **how)
    return out.getvalue()


def npy(values: np.ndarray, **how: object) -> bytes:
    out = io.BytesIO()
    np.save(out, values, **how)
    return out.getvalue()


def npz(**arrays: object) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize("mode", [None, "P", "RGB", "LA"])
def test_grey_levels_of_a_png_are_read_as_they_are(mode: str | None) -> None:
    found = read_scan(png(LEVELS, mode), settings())
    assert np.array_equal(found.heights[0], LEVELS)


def test_a_png_of_16_bits_keeps_them() -> None:
    deep = (LEVELS.astype(np.uint16) << 8) + 3
    found = read_scan(png(deep), settings())
    assert np.array_equal(found.heights[0], deep)
    assert found.stored == "PNG uint16"


def test_of_colours_the_brightness_is_read() -> None:
    colours = RNG.integers(0, 255, (5, 6, 3)).astype(np.uint8)
    found = read_scan(png(colours), settings())
    assert np.allclose(found.heights[0], colours @ [0.299, 0.587, 0.114])
    assert found.stored == "PNG colour"


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_tiff_of_any_number_type(dtype: str, order: str) -> None:
    found = read_scan(tiff(LEVELS.astype(dtype), byteorder=order), settings())
    assert np.array_equal(found.heights[0], LEVELS)
    assert np.isnan(found.pixel_m).all(), "the resolution of a printer is not a pixel size"


@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", ">f8", "float16"])
def test_npy_of_any_number_type(dtype: str) -> None:
    found = read_scan(npy(LEVELS.astype(dtype)), settings())
    assert np.array_equal(found.heights, LEVELS[None])
    assert found.directions == ("forward",)


def test_npy_of_two_directions() -> None:
    both = np.stack([LEVELS, LEVELS + 1])
    found = read_scan(npy(both), settings())
    assert found.directions == ("forward", "backward")
    assert np.array_equal(found.heights, both)


def test_npz_names_directions_unit_and_pixel_size() -> None:
    found = read_scan(
        npz(backward=LEVELS + 1.0, forward=LEVELS * 1.0, pixel_m=[2e-10, 3e-10], unit="m"), settings()
    )
    assert found.directions == ("forward", "backward")
    assert np.array_equal(found.heights, [LEVELS, LEVELS + 1.0])
    assert (found.unit, found.pixel_m) == ("m", (2e-10, 3e-10))
    alone = read_scan(npz(anything=LEVELS), settings())
    assert np.isnan(alone.pixel_m).all()
    assert alone.unit == ""
    assert read_scan(npz(backward=LEVELS), settings()).directions == ("backward",)


@pytest.mark.parametrize("write", [png, tiff, npy])
def test_lines_come_in_the_order_of_time(write: object) -> None:
    found = read_scan(write(LEVELS), settings(first_line="bottom"))  # type: ignore[operator]
    assert np.array_equal(found.heights[0], LEVELS[::-1])


def test_facts_say_what_the_file_says_and_no_pixel_size_is_invented() -> None:
    known = facts(npz(forward=LEVELS, backward=LEVELS, pixel_m=[2e-10, 3e-10], unit="m"), settings())
    assert known["directions"] == "forward+backward"
    assert (known["pixel_m"], known["line_m"], known["unit"]) == (2e-10, 3e-10, "m")
    assert (known["width"], known["height"]) == (12, 7)
    for raw in (png(LEVELS), tiff(LEVELS), npy(LEVELS)):
        told = facts(raw, settings())
        assert np.isnan([told["pixel_m"], told["line_m"]]).all()
        assert (told["width"], told["height"], told["unit"], told["bytes"]) == (12, 7, "", len(raw))
        assert set(told) == set(known)


OBJECTS = npy(np.array([[{}]], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (
            b"GIF89a..",
            'is not a PNG, TIFF, npy, npz, gsf, gwy or sxm, or its header is damaged \\(it starts with "GIF89a',
        ),
        (png(LEVELS)[:60], "is a damaged PNG"),
        (tiff(LEVELS)[:40], "is a damaged TIFF"),
        (npy(LEVELS)[:-5], "is a damaged npy"),
        (npz(a=LEVELS)[:-30], "is a damaged npz"),
        (OBJECTS, "has values of type object, not numbers"),
        (npy(np.zeros((2, 3, 4, 5))), r"has shape \(2, 3, 4, 5\)"),
        (npy(np.zeros(5)), r"has shape \(5,\)"),
        (npy(np.zeros((3, 1))), "too few for a scan"),
        (npy(np.zeros((0, 5))), "too few for a scan"),
        (npy(np.full((3, 5), np.nan)), "has no pixel that was scanned"),
        (npz(a=LEVELS, b=LEVELS), 'has the arrays a, b, but neither "forward" nor one alone'),
        (npz(forward=LEVELS, backward=LEVELS[1:]), "has directions of different shapes"),
        (
            tiff(np.zeros((3, 4, 5), np.uint8), photometric="minisblack", volumetric=True),
            "has a first page of shape",
        ),
    ],
)
def test_what_cannot_be_read_is_a_reason(raw: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_scan(raw, settings())


@pytest.mark.parametrize("write", [png, tiff, npy, lambda pixels: npz(a=pixels)])
def test_large_scans_are_refused_before_they_are_decoded(write: object) -> None:
    with pytest.raises(DataError, match="scanlines.max_pixels = 50 is the most"):
        read_scan(write(LEVELS), settings(max_pixels=50))  # type: ignore[operator]
    with pytest.raises(DataError, match="more than scanlines.max_bytes = 10"):
        read_scan(write(LEVELS), settings(max_bytes=10))  # type: ignore[operator]


def test_a_bomb_in_an_npz_is_not_unpacked() -> None:
    bomb = npz(forward=np.zeros((4000, 5000)))
    assert len(bomb) < 1_000_000
    with pytest.raises(DataError, match="holds 160,000,128 bytes"):
        read_scan(bomb, settings(max_pixels=1000))

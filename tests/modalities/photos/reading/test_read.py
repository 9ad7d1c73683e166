import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from evenhand.base.errors import DataError, MissingExtraError
from evenhand.modalities.photos.config import PhotosConfig
from evenhand.modalities.photos.reading.read import Facts, encode, facts, thumbnail
from evenhand.testing.pictures import FORMATS, picture, png_header, scene, truncated_jpeg, turned


def options(**keys: Any) -> dict[str, Any]:
    return PhotosConfig.model_validate({"size": 40, **keys}).plain()


def corners(pixels: np.ndarray) -> list[str]:  # type: ignore[type-arg]
    names = {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 1): "white"}
    places = [pixels[3, 3], pixels[3, -4], pixels[-4, 3], pixels[-4, -4]]
    return [names.get(tuple(int(v > 127) for v in place), str(place)) for place in places]


UPRIGHT = ["red", "green", "blue", "white"]


@pytest.mark.parametrize("format", FORMATS.values())
@pytest.mark.parametrize("fit", ["crop", "squash"])
@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (40, 40), (9, 7), (300, 200)])
def test_every_format_at_every_size(format: str, fit: str, shape: tuple[int, int]) -> None:
    out = encode(picture(scene(*shape), format), options(fit=fit))["image"]
    assert (out.shape, out.dtype) == ((40, 40, 3), np.uint8)
    assert out.flags.c_contiguous
    assert corners(out) == UPRIGHT


def test_padding() -> None:
    out = encode(picture(scene(80, 40)), options(fit="pad", ground="grey"))["image"]
    assert (out[:10] == 128).all()
    assert (out[-10:] == 128).all()
    assert out[12, 5].tolist() == [255, 0, 0]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(format: str, orientation: int) -> None:
    raw = turned(orientation, format)
    assert corners(encode(raw, options())["image"]) == UPRIGHT
    assert corners(np.asarray(thumbnail(raw, 50, options()))) == UPRIGHT


@pytest.mark.parametrize("orientation", [1, 6])
def test_turned_pictures_are_padded_on_the_right_sides(orientation: int) -> None:
    out = encode(turned(orientation), options(size=60, fit="pad", ground="black"))["image"]
    assert (out[:10] == 0).all()
    assert out[30, 3].max() > 200


def test_a_jpeg_is_decoded_as_it_is_where_it_fits() -> None:
    import simplejpeg

    raw = picture(np.random.default_rng(0).integers(0, 256, (40, 51, 3), dtype=np.uint8), "JPEG")
    np.testing.assert_array_equal(encode(raw, options())["image"], simplejpeg.decode_jpeg(raw)[:, 5:45])


@pytest.mark.parametrize("shape", [(333, 250), (640, 427), (1001, 1333)])
def test_reduced_decoding_loses_nothing_to_speak_of(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)).resize(
        shape, Image.Resampling.BICUBIC
    )
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=92)
    reduced = encode(out.getvalue(), options(size=48))["image"].astype(float)
    left, top = (shape[0] - min(shape)) / 2, (shape[1] - min(shape)) / 2
    box = (left, top, left + min(shape), top + min(shape))
    whole = Image.open(out).convert("RGB").resize((48, 48), Image.Resampling.BICUBIC, box=box)
    error = np.mean((reduced - np.asarray(whole, dtype=float)) ** 2)
    assert 10 * np.log10(255**2 / error) > 40


def test_cmyk_jpegs_have_their_colours() -> None:
    image = Image.fromarray(scene(40, 40)).convert("CMYK")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    assert corners(encode(out.getvalue(), options())["image"]) == UPRIGHT


def test_grey_jpegs() -> None:
    raw = picture(np.full((40, 40), 77, np.uint8), "JPEG")
    assert (encode(raw, options())["image"] == 77).all()


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bits(format: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 40).astype(np.uint16), (40, 1))
    out = encode(picture(ramp, format), options())["image"]
    np.testing.assert_allclose(out[5, :, 1], np.linspace(0, 255, 40), atol=1)
    dark = (ramp // 64).astype(np.uint16)
    assert encode(picture(dark, format), options())["image"].max() == 4
    assert encode(picture(dark, format), options(tones="picture"))["image"].max() == 255


def test_floats() -> None:
    ramp = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (40, 1))
    out = encode(picture(ramp, "TIFF"), options())["image"]
    np.testing.assert_allclose(out[5, :, 2], np.linspace(0, 255, 40), atol=1)


def test_the_first_frame_of_a_moving_picture() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert encode(out.getvalue(), options())["image"][0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"hello", r'is not a JPEG, PNG, .*\(it starts with "hello"\)'),
        (b"<!DOCTYPE html>", r'\(it starts with "<!DOCTYPE ht"\)'),
        (b"\xff\xd8\xff", "is not a JPEG|is truncated"),
        (truncated_jpeg(), "is truncated: the file ends before the picture does"),
        (truncated_jpeg(0.99), "is truncated"),
        (png_header(), r"has 900,000,000 pixels; photos\.max_pixels = 100,000,000 is the most that is decoded"),
        (png_header(12_000, 9_000), r"has 12,000 × 9,000 = 108,000,000 pixels"),
        (picture(scene(400, 300), "PNG")[:200], "is truncated"),
        (picture(scene(400, 300), "WEBP")[:100], "is (cut off|damaged|no JPEG)"),
    ],
)
def test_what_cannot_be_read_is_a_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        encode(raw, options())


def test_a_huge_jpeg_is_refused_by_its_head() -> None:
    with pytest.raises(DataError, match=r"has 60 × 40 = 2,400 pixels; photos\.max_pixels = 2,000"):
        encode(picture(format="JPEG"), options(max_pixels=2000))


def test_harmless_oddities_of_jpegs_are_read() -> None:
    raw = picture(format="JPEG", quality=95)
    assert corners(encode(raw + b"trailing bytes" * 9, options())["image"]) == UPRIGHT
    at = raw.index(b"\xff\xdb")
    assert corners(encode(raw[:at] + b"\0\0" + raw[at:], options())["image"]) == UPRIGHT


def test_facts_come_from_the_head() -> None:
    assert facts(picture(format="JPEG")) == Facts("JPEG", "RGB", 60, 40, 1)
    assert facts(turned(6)) == Facts("JPEG", "RGB", 40, 60, 6)
    assert facts(picture(np.zeros((2, 3), np.uint16))).mode.startswith("I")
    with pytest.raises(DataError):
        facts(b"x")


def test_thumbnails_keep_their_proportions() -> None:
    assert thumbnail(picture(scene(300, 200), "JPEG"), 48, options()).size == (48, 32)
    assert thumbnail(picture(scene(20, 10)), 48, options()).size == (20, 10)


_SEEDS = {name: picture(scene(30, 20), name) for name in FORMATS.values()} | {
    "progressive": picture(scene(30, 20), "JPEG", progressive=True),
    "turned": turned(6),
    "lzw": picture(scene(30, 20), "TIFF", compression="tiff_lzw"),
    "jpeg in tiff": picture(scene(30, 20), "TIFF", compression="jpeg"),
    "deep": picture(np.arange(600, dtype=np.uint16).reshape(20, 30)),
    "palette": picture(np.asarray(Image.fromarray(scene(30, 20)).quantize(4)), "GIF"),
}


@settings(max_examples=40, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", _SEEDS)
def test_damaged_pictures_are_never_more_than_an_error(name: str, data: st.DataObject) -> None:
    raw = bytearray(_SEEDS[name])
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=8)):
        raw[at] = data.draw(st.integers(0, 255))
    damaged = bytes(raw[: data.draw(st.integers(0, len(raw)))]) if data.draw(st.booleans()) else bytes(raw)
    for read in (lambda: encode(damaged, options(max_pixels=10**6)), lambda: facts(damaged)):
        try:
            out = read()
        except DataError as error:
            assert str(error).startswith(("is ", "has "))  # noqa: PT017  (either outcome is right)
        else:
            assert isinstance(out, Facts) or out["image"].shape == (40, 40, 3)


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"BM", b"GIF89a"]),
)
def test_any_bytes_are_never_more_than_an_error(raw: bytes, head: bytes) -> None:
    with pytest.raises(DataError):
        encode(head + raw, options(max_pixels=10**6))


@pytest.mark.parametrize(("package", "format"), [("simplejpeg", "JPEG"), ("PIL", "PNG")])
def test_a_missing_package_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, package: str, format: str
) -> None:
    raw = picture(format=format)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r'pip install "evenhand\[photos\]"'):
        encode(raw, options())


@pytest.mark.data
def test_the_grocery_photos_can_all_be_read(shared_data: Callable[[str], Path]) -> None:
    for path in sorted(shared_data("grocery").rglob("*.jpg"))[::20]:
        assert encode(path.read_bytes(), options(size=224))["image"].std() > 1

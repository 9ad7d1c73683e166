import numpy as np
import pytest
from PIL import Image

from evenhand.modalities.photos.reading.rgb import eight_bits, to_rgb


def rgb(image: Image.Image, *, ground: str = "white", tones: str = "type") -> list[int]:
    out = to_rgb(image, ground=ground, tones=tones)
    assert out.mode == "RGB"
    return list(out.getpixel((0, 0)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "colour", "wanted"),
    [
        ("1", 1, [255, 255, 255]),
        ("L", 100, [100, 100, 100]),
        ("LA", (100, 255), [100, 100, 100]),
        ("LA", (100, 0), [255, 255, 255]),
        ("RGB", (1, 2, 3), [1, 2, 3]),
        ("RGBA", (255, 0, 0, 255), [255, 0, 0]),
        ("RGBA", (255, 0, 0, 0), [255, 255, 255]),
        ("RGBX", (1, 2, 3, 0), [1, 2, 3]),
        ("CMYK", (0, 255, 255, 0), [255, 0, 0]),
        ("YCbCr", (255, 128, 128), [255, 255, 255]),
        ("HSV", (0, 255, 255), [255, 0, 0]),
    ],
)
def test_modes(mode: str, colour: int | tuple[int, ...], wanted: list[int]) -> None:
    assert rgb(Image.new(mode, (3, 3), colour)) == wanted


def test_half_transparent_pixels_mix_with_the_ground() -> None:
    image = Image.new("RGBA", (1, 1), (255, 0, 0, 128))
    assert rgb(image, ground="black") == pytest.approx([128, 0, 0], abs=1)
    assert rgb(image, ground="grey") == pytest.approx([192, 64, 64], abs=1)


def test_palettes_with_and_without_a_transparent_colour() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 0])
    image.putpixel((1, 0), 1)
    assert rgb(image) == [10, 20, 30]
    image.info["transparency"] = 0
    assert rgb(image) == [255, 255, 255]
    assert list(to_rgb(image, ground="white", tones="type").getpixel((1, 0))) == [200, 100, 0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "tones", "wanted"),
    [
        (np.array([[0, 257, 32896, 65535]], np.uint16), "type", [0, 1, 128, 255]),
        (np.array([[100, 200, 300]], np.uint16), "type", [0, 1, 1]),
        (np.array([[100, 200, 300]], np.uint16), "picture", [0, 128, 255]),
        (np.array([[0.0, 0.5, 1.0]], np.float32), "type", [0, 128, 255]),
        (np.array([[0.0, 100.0, 255.0]], np.float32), "type", [0, 100, 255]),
        (np.array([[0.0, 257.0, 65535.0]], np.float32), "type", [0, 1, 255]),
        (np.array([[-1.0, 0.0, 1.0]], np.float32), "type", [0, 128, 255]),
        (np.array([[np.nan, 0.0, 1.0, np.inf]], np.float32), "type", [0, 0, 255, 0]),
        (np.array([[0, 1 << 20]], np.int32), "type", [0, 255]),
        (np.array([[7, 7]], np.uint16), "picture", [0, 0]),
        (np.array([[np.nan, np.nan]], np.float32), "type", [0, 0]),
    ],
)
def test_deep_values(values: np.ndarray, tones: str, wanted: list[int]) -> None:  # type: ignore[type-arg]
    assert eight_bits(values, tones).tolist() == [wanted]

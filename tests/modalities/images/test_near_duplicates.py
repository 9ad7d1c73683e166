"""Near-duplicates: copies are found, pictures that merely look alike are not."""

import io
from collections.abc import Callable
from importlib.resources import files

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from evenhand.modalities.images.near_duplicates import near_duplicates

SIDE = 96


def scene(seed: int) -> Image.Image:
    """Return a picture of many shapes, unlike any other."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (SIDE, SIDE), tuple(rng.integers(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(picture)
    for _ in range(30):
        x, y, w, h = rng.integers(0, SIDE, 4).tolist()
        draw.ellipse((x, y, x + w / 2, y + h / 2), fill=tuple(rng.integers(0, 256, 3).tolist()))
    return picture


def nut(seed: int) -> Image.Image:
    """Return a pistachio of a kind on black ground: a turned oval with a cleft, all of one colour and size."""
    rng = np.random.default_rng(seed)
    turn, (a, b) = rng.uniform(0, 2 * np.pi), rng.uniform((25, 16), (33, 26))
    middle = SIDE / 2 + rng.uniform(-5, 5, 2)
    y, x = np.mgrid[:SIDE, :SIDE] - middle[:, None, None]
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    inside = (u / a) ** 2 + (v / (b * (1 + 0.2 * u / a))) ** 2 < 1
    shade = 1 - 0.5 * (abs(v - rng.uniform(-5, 5)) < rng.uniform(1, 4)) + rng.normal(0, 0.05, (SIDE, SIDE))
    pixels = np.array([170, 140, 90]) * (inside * shade)[..., None]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def saved(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def smaller(picture: Image.Image) -> Image.Image:
    return picture.resize((SIDE // 2, SIDE // 2), Image.Resampling.LANCZOS)


Change = Callable[[Image.Image], Image.Image]
CHANGES: dict[str, Change] = {
    "the same": lambda p: p,
    "quality 75": lambda p: saved(p, 75),
    "quality 30": lambda p: saved(p, 30),
    "half the size": smaller,
    "darker": lambda p: ImageEnhance.Brightness(p).enhance(0.7),
    "brighter": lambda p: ImageEnhance.Brightness(p).enhance(1.15),
    "less contrast": lambda p: ImageEnhance.Contrast(p).enhance(0.7),
    "sharper": lambda p: ImageEnhance.Sharpness(p).enhance(2.0),
}


def stack(pictures: list[Image.Image]) -> np.ndarray:
    return np.stack([np.asarray(p.resize((SIDE, SIDE), Image.Resampling.BILINEAR)) for p in pictures])


def with_copies(make: Callable[[int], Image.Image], change: Change, n: int = 100, copies: int = 10) -> np.ndarray:
    pictures = [make(seed) for seed in range(n)]
    return stack([*pictures, *(change(picture) for picture in pictures[:copies])])


@pytest.mark.parametrize("make", [scene, nut])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_copies_are_found_and_nothing_else(make: Callable[[int], Image.Image], change: Change) -> None:
    pairs = near_duplicates(with_copies(make, change))
    assert pairs.tolist() == [[i, 100 + i] for i in range(10)]


@pytest.mark.parametrize("share", [0.98, 0.95])
def test_crops_of_pictures_that_differ_are_found(share: float) -> None:
    def cut(picture: Image.Image) -> Image.Image:
        width = round(SIDE * share)
        return saved(picture.crop((SIDE - width, 0, SIDE, width)), 90)

    pairs = near_duplicates(with_copies(scene, cut)).tolist()
    assert all(other == 100 + one for one, other in pairs)
    assert len(pairs) >= 9


def test_objects_on_black_ground_are_not_all_one() -> None:
    assert len(near_duplicates(stack([nut(seed) for seed in range(400)]))) == 0


def test_a_hash_alone_would_call_objects_on_black_ground_equal() -> None:
    imagehash = pytest.importorskip("imagehash")
    hashes = [imagehash.dhash(nut(seed)) for seed in range(60)]
    alike = [one - other <= 10 for i, one in enumerate(hashes) for other in hashes[:i]]
    assert sum(alike) >= 3, "else the test above shows nothing"


def test_other_colours_are_another_picture() -> None:
    def red_for_blue(picture: Image.Image) -> Image.Image:
        red, green, blue = picture.split()
        return Image.merge("RGB", (blue, green, red))

    def grey(picture: Image.Image) -> Image.Image:
        return picture.convert("L").convert("RGB")

    assert len(near_duplicates(with_copies(scene, red_for_blue))) == 0
    assert len(near_duplicates(with_copies(scene, grey))) == 0


def test_a_large_set_of_copies_is_found() -> None:
    pictures = [scene(0), *(saved(scene(0), quality) for quality in range(60, 96)), *map(scene, range(1, 60))]
    pairs = near_duplicates(stack(pictures))
    assert set(pairs.ravel().tolist()) == set(range(37))


def test_blank_pictures_are_left_out() -> None:
    blank = [Image.new("RGB", (SIDE, SIDE), (level, level, level)) for level in (0, 1, 128, 128, 255)]
    assert len(near_duplicates(stack([*blank, *map(scene, range(20))]))) == 0


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_pictures_have_no_pairs(n: int) -> None:
    assert near_duplicates(stack([scene(0)])[:n]).shape == (0, 2)


def test_two_pictures() -> None:
    assert near_duplicates(stack([scene(0), saved(scene(0), 50)])).tolist() == [[0, 1]]
    assert near_duplicates(stack([scene(0), scene(1)])).tolist() == []
    assert near_duplicates(stack([nut(0), nut(1)])).tolist() == []


@pytest.mark.data
def test_solar_cells_photographed_twice_are_found() -> None:
    """Module by module, the blurred second photographs of elpv stand 542 places after the sharp ones."""
    pytest.importorskip("elpv_dataset")
    folder = files("elpv_dataset").joinpath("data/images")
    sharp, blurred = range(1740, 1770), range(2282, 2312)
    cells = [Image.open(str(folder / f"cell{1 + i:04d}.png")).convert("RGB") for i in (*sharp, *blurred)]
    pairs = near_duplicates(stack(cells))
    assert len(pairs) >= 5
    assert np.mean(pairs[:, 1] - pairs[:, 0] == 30) > 0.8


def test_pairs_are_in_order_whatever_the_order_of_the_pictures() -> None:
    images = with_copies(scene, CHANGES["quality 30"])
    order = np.random.default_rng(0).permutation(len(images))
    pairs = near_duplicates(images[order])
    assert (pairs[:, 0] < pairs[:, 1]).all()
    assert pairs.tolist() == sorted(pairs.tolist())
    assert {tuple(sorted(order[pair].tolist())) for pair in pairs} == {(i, 100 + i) for i in range(10)}

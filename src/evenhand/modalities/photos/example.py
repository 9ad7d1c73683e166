"""Small realistic photos: objects of a few classes on table tops, skewed, grouped, in mixed formats."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evenhand.base.storage.files.atomic import replacing, write_text
from evenhand.modalities.photos.reading.exif import Pixels
from evenhand.modalities.photos.reading.open_image import pillow

Field = npt.NDArray[np.float64]

_SIDE = 96  # px; the shorter side of every picture
_SIZE = 64  # px; what the configuration asks for


@dataclass(frozen=True)
class _Thing:
    """A class of objects: its name, share, outline (1 on its edge), colour and number of stripes."""

    name: str
    share: float
    outline: Callable[[Field, Field], Field]
    colour: tuple[float, float, float]
    stripes: float


@dataclass(frozen=True)
class _Top:
    """The table top of a series: brightness, its slope over x and y, and a tint."""

    base: float
    slope: Field
    tint: Field


def _disc(x: Field, y: Field) -> Field:
    return np.asarray(np.hypot(x, y))


def _hexagon(x: Field, y: Field) -> Field:
    return np.maximum(np.abs(x), np.abs(x) / 2 + np.abs(y) * 0.87)


def _bar(x: Field, y: Field) -> Field:
    return np.maximum(np.abs(x), np.abs(y) * 1.7)


def _oval(x: Field, y: Field) -> Field:
    return np.asarray(np.hypot(x, y * 1.5))


_THINGS = (
    _Thing("апельсин", 0.42, _disc, (0.95, 0.55, 0.10), 0.0),
    _Thing("六角ボルト", 0.26, _hexagon, (0.60, 0.62, 0.66), 3.0),
    _Thing("soap bar", 0.18, _bar, (0.85, 0.80, 0.88), 0.0),
    _Thing("crème brûlée", 0.14, _oval, (0.75, 0.50, 0.22), 6.0),
)


def write_example(rng: np.random.Generator, rows: int, folder: Path) -> Path:
    """Write `rows` photos of four classes below `folder`, a table and a TOML that trains on them.

    The classes are skewed (about 42 to 14 %), every series of about six photos shares its table top and light,
    class names are Cyrillic, Japanese, French and English, every fifth file is PNG and the others are JPEG, and one
    in eight JPEGs is stored rotated, with the EXIF orientation that corrects it.

    Parameters
    ----------
    rng
        The only source of randomness; the same generator gives the same bytes with the same Pillow.
    rows
        Number of photos, at least 24 (six of a class, from two series).

    Returns
    -------
    Path
        The TOML.
    """
    table = [("path", "class", "series")]
    plan = [(thing, n) for thing, n in zip(_THINGS, _counts(max(rows, 24)), strict=True)]
    for thing, count in plan:
        parts = np.array_split(np.arange(count), max(2, count // 6))
        for at, part in enumerate(parts):
            series = f"{thing.name}-{at:02d}"
            table += _write_series(rng, thing, series, folder, part)
    with replacing(folder / "labels.csv") as part_file, part_file.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(table)
    write_text(folder / "photos.toml", _TOML)
    return folder / "photos.toml"


_TOML = f"""# Generated photos of four things; trains in seconds on one core, without a network.
[data]
kind = "photos"
root = "."
table = "labels.csv"
label = "class"
group = "series"            # photos of one series stay in one fold

[folds]
k = 2

[photos]
size = {_SIZE}

[[model]]
name = "tiny"
encoder = "timm:test_efficientnet"
pretrained = false
tune = "all"

[train]
epochs = 2
batch_size = 16
"""


def _counts(rows: int) -> list[int]:
    """Return the number of photos of each class: by their shares, at least six each, `rows` in total."""
    counts = [max(6, round(rows * thing.share)) for thing in _THINGS]
    counts[0] += rows - sum(counts)
    return counts


def _write_series(
    rng: np.random.Generator, thing: _Thing, series: str, folder: Path, numbers: npt.NDArray[np.int64]
) -> list[tuple[str, str, str]]:
    """Write the photos of one series and return their rows."""
    top = _Top(rng.uniform(0.25, 0.75), rng.normal(0, 0.15, 2), rng.normal(0, 0.05, 3))
    (folder / "images" / thing.name).mkdir(parents=True, exist_ok=True)
    rows = []
    for number in numbers:
        high, wide = (_SIDE, _SIDE * 4 // 3) if rng.random() < 0.5 else (_SIDE, _SIDE)
        pixels = _photo(rng, thing, top, high, wide)
        name = f"images/{thing.name}/{series}_{number:03d}" + (".png" if number % 5 == 4 else ".jpg")
        (folder / name).write_bytes(_jpeg(rng, pixels) if name.endswith(".jpg") else _png(pixels))
        rows.append((name, thing.name, series))
    return rows


def _photo(rng: np.random.Generator, thing: _Thing, top: _Top, high: int, wide: int) -> Pixels:
    """Return (h, w, 3) uint8: one object at a random position, size and angle on the series' table top."""
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
    x = x * wide / high
    ground = (top.base + top.slope[0] * x + top.slope[1] * y)[..., None] + top.tint
    angle, size = rng.uniform(0, 2 * np.pi), rng.uniform(0.4, 0.65)
    dx, dy = x - rng.normal(0, 0.12), y - rng.normal(0, 0.12)
    u, v = (dx * np.cos(angle) + dy * np.sin(angle)) / size, (dy * np.cos(angle) - dx * np.sin(angle)) / size
    inside = np.clip((1 - thing.outline(u, v)) * 12, 0, 1)[..., None]
    light = 0.85 + 0.2 * (u - v) / 2 + 0.12 * np.sin(thing.stripes * np.pi * u)
    colour = np.array(thing.colour) + rng.normal(0, 0.04, 3)
    picture = ground * (1 - inside) + light[..., None] * colour * inside
    noisy = picture * rng.uniform(0.8, 1.15) + rng.normal(0, 0.02, picture.shape)
    return np.asarray(np.clip(noisy * 255, 0, 255).astype(np.uint8))


def _png(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    pillow().fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _jpeg(rng: np.random.Generator, pixels: Pixels) -> bytes:
    """Return a JPEG; one in eight is rotated and says so in EXIF."""
    Image = pillow()
    exif, out = Image.Exif(), io.BytesIO()
    if rng.random() < 0.125:
        exif[0x0112] = 6  # to be displayed rotated by 90 degrees clockwise
        pixels = np.ascontiguousarray(np.rot90(pixels))
    Image.fromarray(pixels).save(out, "JPEG", quality=int(rng.integers(70, 93)), exif=exif)
    return out.getvalue()

"""Generated pairs: shapes of a few colours and patterns, with captions in several scripts; some lack a half."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from evenhand.base.storage.files.atomic import write_frame
from evenhand.modalities.photos.reading.open_image import pillow

Field = npt.NDArray[np.float64]

SIDE = 48
"""Side of the pictures, px."""
LEAST = 6
"""Fewest rows of a shape."""


@dataclass(frozen=True)
class Shape:
    """A shape: its class, its share of the rows, its outline (below 1 inside), and what captions call it."""

    name: str
    share: float
    outline: Callable[[Field, Field], Field]
    words: tuple[str, ...]


def _ring(x: Field, y: Field) -> Field:
    return np.asarray(0.6 + 2.2 * abs(np.hypot(x, y) - 0.75))


def _star(x: Field, y: Field) -> Field:
    return np.asarray(np.hypot(x, y) * (1.25 + 0.5 * np.cos(5 * np.arctan2(y, x))))


def _hexagon(x: Field, y: Field) -> Field:
    return np.maximum(abs(x), abs(x) / 2 + abs(y) * 0.87)


def _square(x: Field, y: Field) -> Field:
    return np.maximum(abs(x), abs(y)) * 1.2


SHAPES = (
    Shape("кольцо", 0.40, _ring, ("ring", "кольцо", "指輪 💍", "خاتم")),
    Shape("star", 0.26, _star, ("star", "звезда", "星 ⭐️", "نجمة")),
    Shape("六角形", 0.20, _hexagon, ("hexagon", "шестиугольник", "六角形 ⬡", "מְשׁוּשֶׁה")),
    Shape("carré", 0.14, _square, ("square", "квадрат", "四角い箱", "ריבוע 🟥")),
)
COLOURS = {"red": (0.85, 0.15, 0.15), "navy blue": (0.10, 0.15, 0.45), "black, matte": (0.12, 0.12, 0.12)}
PATTERNS = {"plain": 0.0, "striped": 9.0}
_MAKERS = ("Ōtsuka", "Nord & Søn", "O'Brien", "ABC-12")


def write_pairs(
    rng: np.random.Generator, rows: int, folder: Path, *, without_picture: float = 0.1, without_text: float = 0.1
) -> pd.DataFrame:
    """Write the pictures of `rows` pairs below `folder`, with labels.csv, and return that table.

    Its columns are path, title, maker, shape (the class, skewed from 40 to 14 %), tags (shape, colour and pattern,
    between bars; with spaces and commas) and series (what was photographed together).

    Parameters
    ----------
    rng
        The only source of randomness; the same generator gives the same bytes with the same Pillow.
    rows
        Number of pairs, at least 24.
    without_picture, without_text
        Shares of the rows that lack a half, whatever they show.
    """
    counts = [max(LEAST, round(rows * shape.share)) for shape in SHAPES]
    counts[0] += rows - sum(counts)
    table: list[dict[str, str]] = []
    for shape, count in zip(SHAPES, counts, strict=True):
        for at, members in enumerate(np.array_split(np.arange(count), max(2, count // 6))):
            light = rng.uniform(0.6, 1.0)
            for _ in members:
                table.append(_row(rng, shape, f"{shape.words[0]}-{at:02d} δ", len(table), light, folder))
    lacks = rng.random(rows)
    lacks[0] = 1.0  # a table may well begin with a whole pair
    for row, share in zip(table, lacks, strict=True):
        if share < without_picture:
            (folder / row["path"]).unlink()
            row["path"] = ""
        elif share < without_picture + without_text:
            row["title"] = row["maker"] = ""
    frame = pd.DataFrame(table)
    write_frame(frame, folder / "labels.csv")
    return frame


def _row(
    rng: np.random.Generator, shape: Shape, series: str, number: int, light: float, folder: Path
) -> dict[str, str]:
    """Write one picture and return its row."""
    colour, pattern = _one(rng, list(COLOURS)), _one(rng, list(PATTERNS))
    path = f"images/{number:05d}" + (".png" if number % 5 == 4 else ".jpg")
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(_file(_picture(rng, shape, colour, pattern, light), path))
    called = _one(rng, shape.words) if rng.random() < 0.8 else "item"
    article = int(rng.integers(1000, 10_000))
    title = f"{colour.title()} {called} {article}" if rng.random() < 0.7 else f"{called} № {article}"
    maker = _one(rng, _MAKERS) if rng.random() < 0.7 else ""
    tags = "|".join([shape.name, colour, pattern])
    return {"path": path, "title": title, "maker": maker, "shape": shape.name, "tags": tags, "series": series}


def _one(rng: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(rng.integers(len(choices)))]


def _picture(
    rng: np.random.Generator, shape: Shape, colour: str, pattern: str, light: float
) -> npt.NDArray[np.uint8]:
    """Return (48, 48, 3) uint8: the shape at a random place, size and angle on a pale ground."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    angle, size = rng.uniform(0, 2 * np.pi), rng.uniform(0.45, 0.7)
    dx, dy = x - rng.normal(0, 0.12), y - rng.normal(0, 0.12)
    u, v = (dx * np.cos(angle) + dy * np.sin(angle)) / size, (dy * np.cos(angle) - dx * np.sin(angle)) / size
    inside = np.clip((1 - shape.outline(u, v)) * 8, 0, 1)[..., None]
    stripes = 1 + 0.35 * np.sign(np.sin(PATTERNS[pattern] * v))
    whole = (1 - inside) * rng.uniform(0.8, 0.95) + inside * stripes[..., None] * np.array(COLOURS[colour])
    lit = (light * whole + rng.normal(0, 0.02, whole.shape)) * 255
    return np.asarray(np.clip(lit, 0, 255), dtype=np.uint8)


def _file(pixels: npt.NDArray[np.uint8], path: str) -> bytes:
    out = io.BytesIO()
    pillow().fromarray(pixels).save(out, "PNG" if path.endswith(".png") else "JPEG")
    return out.getvalue()

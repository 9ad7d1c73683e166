"""Near-duplicates: what is found of copies changed in known ways, beside a perceptual hash alone.

    python benchmarks/duplicates.py [--copies 100] [groceries fashion cells nuts]

Every set gets changed copies of rows drawn at random, `--copies` for each change and never two of one row; all
are looked for in one run. What is found among the untouched pictures has to be looked at by a person, so it is
counted and not judged. The hash is imagehash's pHash, 64 bits, pairs within 6 bits.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance, ImageOps

from evenhand.modalities.images.near_duplicates import near_duplicates

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
BITS = 6

Picture = Image.Image
Rng = np.random.Generator


def saved(picture: Picture, quality: int) -> Picture:
    """The picture after JPEG at a quality."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def shrunk(picture: Picture, by: int) -> Picture:
    """The picture with its sides divided by a number."""
    return picture.resize((picture.width // by, picture.height // by), Image.Resampling.LANCZOS)


def cut(picture: Picture, share: float, rng: Rng) -> Picture:
    """A part of the picture anywhere in it, each side this share."""
    width, height = int(picture.width * share), int(picture.height * share)
    left, top = rng.integers(0, picture.width - width + 1), rng.integers(0, picture.height - height + 1)
    return picture.crop((left, top, left + width, top + height))


CHANGES: dict[str, Callable[[Picture, Rng], Picture]] = {
    "JPEG 75": lambda p, rng: saved(p, 75),
    "JPEG 30": lambda p, rng: saved(p, 30),
    "JPEG 10": lambda p, rng: saved(p, 10),
    "half the size": lambda p, rng: saved(shrunk(p, 2), 85),
    "a third": lambda p, rng: saved(shrunk(p, 3), 85),
    "darker by 30 %": lambda p, rng: saved(ImageEnhance.Brightness(p).enhance(0.7), 85),
    "brighter by 15 %": lambda p, rng: saved(ImageEnhance.Brightness(p).enhance(1.15), 85),
    "brighter by 30 %": lambda p, rng: saved(ImageEnhance.Brightness(p).enhance(1.3), 85),
    "contrast + 40 %": lambda p, rng: saved(ImageEnhance.Contrast(p).enhance(1.4), 85),
    "crop to 98 %": lambda p, rng: saved(cut(p, 0.98, rng), 90),
    "crop to 95 %": lambda p, rng: saved(cut(p, 0.95, rng), 90),
    "crop to 90 %": lambda p, rng: saved(cut(p, 0.9, rng), 90),
    "mirrored": lambda p, rng: saved(ImageOps.mirror(p), 90),
}


# The sets


def nut(rng: Rng, side: int = 224) -> Picture:
    """A pistachio on black ground: a turned oval with a cleft, all of about one colour and size."""
    turn, a = rng.uniform(0, 2 * np.pi), rng.uniform(0.25, 0.35) * side
    b, middle = a * rng.uniform(0.6, 0.85), side / 2 + rng.uniform(-0.05, 0.05, 2) * side
    y, x = np.mgrid[:side, :side] - middle[:, None, None]
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    inside = (u / a) ** 2 + (v / (b * (1 + 0.2 * u / a))) ** 2 < 1
    cleft = abs(v - rng.uniform(-0.05, 0.05) * side) < rng.uniform(0.01, 0.04) * side
    shade = 1 - 0.5 * cleft + rng.normal(0, 0.05, (side, side))
    colour = np.array([170, 140, 90]) + rng.normal(0, 10, 3)
    return Image.fromarray((colour * (inside * shade)[..., None]).clip(0, 255).astype(np.uint8))


def pictures(name: str) -> list[Picture]:
    """The pictures of a set, in order."""
    if name == "nuts":
        rng = np.random.default_rng(0)
        return [nut(rng) for _ in range(1500)]
    if name == "groceries":
        paths = [SHARED / "grocery" / path for path in pd.read_csv(SHARED / "grocery" / "labels.csv")["path"]]
    elif name == "fashion":
        paths = sorted((SHARED / "fashion" / "images").glob("*.jpg"))
    else:
        paths = sorted(Path(str(files("elpv_dataset"))).glob("data/images/*.png"))
    return [Image.open(path).convert("RGB") for path in paths]


def squared(picture: Picture, side: int) -> np.ndarray:
    """(side, side, 3) uint8: the middle of a picture, as a run would store it."""
    return np.asarray(ImageOps.fit(picture, (side, side), Image.Resampling.BILINEAR))


# Measuring


def within(ours: list[Picture], bits: int = BITS) -> int:
    """How many pairs of pictures a perceptual hash alone calls alike."""
    hashes = np.packbits(np.stack([imagehash.phash(picture).hash.ravel() for picture in ours]), axis=1)
    words = hashes.view(np.uint64).ravel()
    return sum(int((np.bitwise_count(words[i] ^ words[i + 1 :]) <= bits).sum()) for i in range(len(words)))


def measure(name: str, copies: int) -> dict[str, object]:
    """One column of the table."""
    ours = pictures(name)
    side = 80 if name == "fashion" else 224
    plain = np.stack([squared(picture, side) for picture in ours])
    start, cpu = time.perf_counter(), time.process_time()
    found = near_duplicates(plain)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    rng = np.random.default_rng(1)
    rows = rng.permutation(len(ours))[: copies * len(CHANGES)].reshape(len(CHANGES), -1)
    changed = [change(ours[row], rng) for change, part in zip(CHANGES.values(), rows, strict=True) for row in part]
    everything = np.concatenate([plain, np.stack([squared(picture, side) for picture in changed])])
    pairs = {(int(i), int(j)) for i, j in near_duplicates(everything)}
    wanted = [(int(row), len(ours) + place) for place, row in enumerate(rows.ravel())]
    origin = np.concatenate([np.arange(len(ours)), rows.ravel()])
    alike = {(int(i), int(j)) for i, j in found} | {(int(j), int(i)) for i, j in found}
    wrong = [(i, j) for i, j in pairs - set(wanted) if j >= len(ours) and (origin[i], origin[j]) not in alike]
    recall = np.array([pair in pairs for pair in wanted]).reshape(rows.shape)
    return {
        "pictures": f"{len(ours):,}",
        "hash alone, pairs": f"{within(ours):,}",
        "pairs found": f"{len(found):,}",
        "seconds, of which processor": f"{seconds:.1f}, {cpu:.1f}",
        **{change: f"{share:.2f}" for change, share in zip(CHANGES, recall.mean(axis=1), strict=True)},
        "a copy paired with another picture": len(wrong),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=["groceries", "fashion", "cells", "nuts"])
    parser.add_argument("--copies", type=int, default=100)
    options = parser.parse_args()
    columns = {name: measure(name, options.copies) for name in options.sets}
    print(f"| | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for row in next(iter(columns.values())):
        print(f"| {row} | {' | '.join(str(column[row]) for column in columns.values())} |")


if __name__ == "__main__":
    main()

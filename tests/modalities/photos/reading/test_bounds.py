"""Pictures that would take gigabytes are refused by their header, and deep ones are converted in strips."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.data.roots.root import open_root
from evenhand.modalities import KINDS
from evenhand.modalities.photos.config import PhotosConfig
from evenhand.modalities.photos.reading import rgb
from evenhand.modalities.photos.reading.read import encode, facts


def png(width: int, height: int) -> bytes:
    """Return a grey PNG whose pixels are missing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    made = [
        struct.pack(">I", len(raw)) + name + raw + struct.pack(">I", zlib.crc32(name + raw)) for name, raw in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(made)


@pytest.mark.parametrize("sides", [(1, 99_999_999), (99_999_999, 1)])
def test_a_picture_with_an_endless_side_is_not_decoded(sides: tuple[int, int]) -> None:
    for read in (lambda: encode(png(*sides), PhotosConfig().plain()), lambda: facts(png(*sides))):
        with pytest.raises(DataError, match=r"the longest side that is decoded has 1,000,000"):
            read()


@pytest.mark.parametrize("tones", ["type", "picture"])
@pytest.mark.parametrize("dtype", [np.float32, np.uint16, np.int32])
def test_strips_give_what_the_whole_gives(monkeypatch: pytest.MonkeyPatch, tones: str, dtype: type) -> None:
    values = (np.random.default_rng(0).random((23, 7)) * 3000).astype(dtype)
    if dtype is np.float32:
        values[3, 4] = np.nan
    whole = rgb.eight_bits(values, tones)
    monkeypatch.setattr(rgb, "_STRIP", 20)
    assert (rgb.eight_bits(values, tones) == whole).all()


def test_a_file_larger_than_any_picture_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(3 << 30)
    settings = {"max_pixels": 1000}
    read = KINDS.get("photos").reader(open_root(tmp_path), pd.DataFrame({"path": ["a.png"]}), settings)
    with pytest.raises(DataError, match=r"has 3,221,225,472 bytes; a picture of photos.max_pixels = 1,000"):
        read(0)

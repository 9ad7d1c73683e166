"""Whatever is in a file: its arrays or one sentence, within the bounds of time and memory."""

from __future__ import annotations

import gzip
import io
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ezdxf
import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.data.roots.conversions import DWG_TOOLS
from evenhand.modalities import KINDS
from evenhand.modalities.drawings.config import DrawingsConfig
from evenhand.modalities.drawings.reading.encode import encode, looping
from evenhand.modalities.drawings.reading.explode import explode
from evenhand.modalities.drawings.vocabulary import COUNTERS
from evenhand.testing.damage import mutations
from evenhand.testing.drawings import dxf_bytes
from evenhand.testing.hostile_drawings import HOSTILE, hostile

SETTINGS = DrawingsConfig().plain()


def counted(row: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(n) for name, n in zip(COUNTERS, row["counters"], strict=True) if n}


def outcome(raw: bytes, **settings: Any) -> str:
    """Return "" for arrays, or the reason why there are none; anything else but a reason is a failure."""
    try:
        row = KINDS.get("drawings").encode(raw, {**SETTINGS, **settings})
    except DataError as error:
        return str(error)
    assert all(np.isfinite(part).all() for part in row.values())
    return ""


VALUES = [*b"nan inf -inf 1e308 -1e300 1e-320 0 -1 999999999999 *U1 \xff\xfe".split(), b""]


def values(raw: bytes, rng: np.random.Generator) -> bytes:
    """Replace values, not group codes, near the end, where the entities lie."""
    lines = raw.split(b"\n")
    for _ in range(int(rng.integers(1, 20))):
        at = int(rng.integers(len(lines) // 2, len(lines))) | 1
        if at < len(lines):
            lines[at] = VALUES[int(rng.integers(len(VALUES)))]
    return b"\n".join(lines)


def assert_arrays_or_a_reason(count: int, seed: int) -> None:
    files = {name: hostile(name).raw for name in HOSTILE.names() if len(hostile(name).raw) < 300_000}
    for what, _, raw in mutations(files, count, seed, more=[values]):
        reason = outcome(raw)
        assert "Traceback" not in reason, what
        assert "\n" not in reason, what
        assert "not foreseen" not in reason, (what, reason)


def test_60_damaged_files_give_arrays_or_a_reason() -> None:
    assert_arrays_or_a_reason(60, seed=0)


def test_a_drawing_without_a_modelspace_is_refused_in_words() -> None:
    document = ezdxf.new("R2000")
    document.modelspace().add_line((0, 0), (1, 1))
    text = io.StringIO()
    document.write(text)
    assert outcome(text.getvalue().encode()) == ""
    reason = outcome(text.getvalue().encode().replace(b"\nModel\n", b"\n\xff\n"))
    assert "it has no MODEL" in reason


@pytest.mark.slow
def test_damaged_files_give_arrays_or_a_reason(size: Callable[[int, int], int]) -> None:
    assert_arrays_or_a_reason(size(300, 2000), seed=1)


def bomb(levels: int, each: int, entity: bool = True) -> Any:
    document = ezdxf.new("R2010")
    inner = document.blocks.new("b0")
    if entity:
        inner.add_circle((0, 0), 1)
    for level in range(1, levels):
        outer = document.blocks.new(f"b{level}")
        for at in range(each):
            outer.add_blockref(f"b{level - 1}", (at, level))
    document.modelspace().add_blockref(f"b{levels - 1}", (0, 0))
    return document


@pytest.mark.parametrize("entity", [True, False])
def test_ten_nested_blocks_of_ten_inserts_are_cut(entity: bool) -> None:
    document = bomb(10, 10, entity)
    found = explode(document, document.modelspace(), 5000)
    assert len(found.curves) == (5000 if entity else 0)
    assert bool(found.cut) == entity


def test_blocks_that_hold_themselves_are_followed_once() -> None:
    document = ezdxf.new("R2010")
    for name in ("a", "b"):
        document.blocks.new(name).add_line((0, 0), (1, 1))
    for _ in range(10):
        document.blocks.get("a").add_blockref("b", (1, 0))
        document.blocks.get("b").add_blockref("a", (0, 1))
    document.modelspace().add_blockref("a", (0, 0))
    found = explode(document, document.modelspace(), 10**6)
    assert len(found.curves) == 11
    assert (found.cut, found.loops) == (0, {("b", "a"): 10})


@pytest.mark.parametrize("lines", [0, 1])
def test_blocks_that_all_insert_one_another_are_each_opened_a_few_times(lines: int) -> None:
    document = ezdxf.new("R2010")
    names = [f"b{at}" for at in range(12)]
    for name in names:
        document.blocks.new(name)
        for _ in range(lines):
            document.blocks.get(name).add_line((0, 0), (1, 1))
    for outer in names:
        for inner in names:
            document.blocks.get(outer).add_blockref(inner, (0, 0))
    document.modelspace().add_blockref("b0", (0, 0))
    document.modelspace().add_blockref("b0", (5, 0))
    found = explode(document, document.modelspace(), 10_000)
    # along every path there would be 12! inserts, and no line among them to reach a bound by
    assert found.inserts < 2 * 12**3
    assert found.loops.total() > 0
    assert len(found.curves) <= 10_000 if lines else not len(found.curves)
    words = looping(found.loops)
    assert "inserts itself" in words or "which holds it" in words


def test_a_grid_of_a_billion_copies_is_cut() -> None:
    document = ezdxf.new("R2010")
    document.blocks.new("a").add_line((0, 0), (1, 1))
    grid = {"row_count": 32767, "column_count": 32767, "row_spacing": 2.0, "column_spacing": 2.0}
    document.modelspace().add_blockref("a", (0, 0), grid)
    found = explode(document, document.modelspace(), 1000)
    assert len(found.curves) == 1000
    assert found.cut == 32767**2 - 1000


def test_absurd_coordinates_are_left_out_and_counted() -> None:
    document = ezdxf.new("R2010")
    space = document.modelspace()
    for far in (1.0, 1e120, float("nan"), float("inf")):
        space.add_line((0, 0), (far, 1))
        space.add_circle((far, 0), 1)
    row = encode(dxf_bytes(document), SETTINGS)
    assert len(row["nodes"]) == 2
    assert counted(row)["broken"] == 6


def test_one_far_away_entity_neither_shrinks_the_rest_nor_floods_a_network() -> None:
    document = ezdxf.new("R2010")
    for at in range(50):
        document.modelspace().add_circle((at, at % 7), 1)
    document.modelspace().add_line((1e60, 0), (1e60, 1))
    row = encode(dxf_bytes(document), SETTINGS)
    assert np.ptp(row["strokes"][:50], axis=(0, 1)).max() > 0.9
    assert np.abs(row["strokes"]).max() <= 4


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "is empty"),
        (b" \r\n\x00", "is empty"),
        (b"AC1032\x00\x00" + bytes(200), rf"is a DWG file, not a DXF \(convert it with {DWG_TOOLS}\)$"),
        (b"PK\x03\x04" + bytes(50), "is a zip"),
        (b"%PDF-1.4", "is a PDF"),
        (gzip.compress(b"  0\nSECTION\n", mtime=0), "is compressed by gzip"),
        (b"<!DOCTYPE html><title>404", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "is a pointer of Git LFS"),
        ("  0\nSECTION\n".encode("utf-16"), "is text in UTF-16"),
        (b"hello\nworld\n", "is not a DXF file$"),
        (b'{"type": "FeatureCollection"}', "is not a DXF file$"),
        (
            b"  0\nSECTION\n  2\nHEADER\n  9\n$ACADVER\n",
            "is an empty drawing, opened by the recovery mode only: it may be cut short$",
        ),
    ],
)
def test_other_files_are_named(raw: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=f"^({reason})"):
        encode(raw, SETTINGS)


def points(count: int) -> Iterator[bytes]:
    yield b"  0\nSECTION\n  2\nENTITIES\n"
    block = b"".join(
        b"  0\nPOINT\n  8\n0\n 10\n%d.0\n 20\n%d.5\n 30\n0.0\n" % (at, at % 997) for at in range(10_000)
    )
    for _ in range(count // 10_000):
        yield block
    yield b"  0\nENDSEC\n  0\nEOF\n"


class Unread:
    """A root of one file that must not be read."""

    def size(self, name: str) -> int:
        return 10**12

    def read(self, name: str) -> bytes:
        raise AssertionError("a file beyond the limit was read")


def test_a_file_beyond_max_bytes_is_refused_unread() -> None:
    read = KINDS.get("drawings").reader(Unread(), pd.DataFrame({"path": ["a.dxf"]}), SETTINGS)  # type: ignore[arg-type]
    with pytest.raises(
        DataError, match=r"has 1,000,000,000,000 bytes, more than drawings\.max_bytes = 200,000,000"
    ):
        read(0)


@pytest.mark.slow
def test_500_mb_of_points_are_given_up_within_the_bounds(size: Callable[[int, int], int]) -> None:
    raw = b"".join(points(size(2_000_000, 11_500_000)))
    assert "more than drawings.max_bytes" in outcome(raw, max_bytes=len(raw) - 1)
    start = time.monotonic()
    assert "given up after 10 s of CPU time" in (said := outcome(raw, max_bytes=10**9)) or "MiB of memory" in said
    assert time.monotonic() - start < 120

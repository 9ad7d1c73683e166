"""Damaged files of every format end in reasons or in valid arrays, within bounds of time and memory."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

import evenhand
from evenhand.base.errors import DataError
from evenhand.modalities import KINDS
from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.testing.kinds import generate

from .by_hand import field, gsf, gwy, sxm
from .mutations import mutations

RNG = np.random.default_rng(3)
ROWS = RNG.normal(3e-8, 1e-10, (12, 16)).astype(np.float32)
KIND = KINDS.get("scanlines")


def files() -> dict[str, bytes]:
    out = {}
    for name, write in {
        "npy": lambda file: np.save(file, np.stack([ROWS, ROWS])),
        "npz": lambda file: np.savez_compressed(file, forward=ROWS, pixel_m=[1e-10, 1e-10], unit="m"),
        "png": lambda file: Image.fromarray(RNG.integers(0, 255, (12, 16)).astype(np.uint8)).save(file, "PNG"),
        "tif": lambda file: tifffile.imwrite(file, ROWS, compression="zlib"),
    }.items():
        file = io.BytesIO()
        write(file)
        out[name] = file.getvalue()
    out["gsf"] = gsf(ROWS, {"XReal": "4e-9", "YReal": "2e-9", "XYUnits": "m", "ZUnits": "m", "Title": "Z"})
    out["gwy"] = gwy({"/0/data": field(ROWS), "/0/data/title": "Z (Forward)", "/0/mask": field(ROWS)})
    out["sxm"] = sxm([ROWS] * 3, [("Z", "m", "both"), ("Current", "A", "forward")], direction="up")
    return out


def check(count: int, seed: int) -> int:
    """Return how many of the damaged files were refused; anything but a reason or finite arrays is an error."""
    own = ScanLinesConfig(width=16, max_lines=32, max_pixels=100_000, memory_mib=256, seconds=5)
    settings = KIND.settings(own, None)
    refused = 0
    for what, raw in mutations(files(), count, seed):
        try:
            row = KIND.encode(raw, settings)  # type: ignore[attr-defined]
        except DataError as error:
            refused += 1
            text = str(error)
            assert text, what
            assert "Traceback" not in text, what
            assert len(text) < 400, f"{what}: {text}"
            continue
        except Exception as error:
            raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
        lines, mask = row["lines"], row["mask"]
        assert lines.shape == mask.shape == (len(lines), 1, 16), what
        assert 1 <= len(lines) <= 32, what
        assert np.isfinite(lines).all(), what
        assert np.isfinite(row["steps"]).all(), what
        assert not lines[~mask].any(), what
        told = KIND.facts(raw)  # type: ignore[attr-defined]
        assert all(isinstance(value, (str, int, float)) for value in told.values()), what
        assert KIND.picture(raw, 32).startswith("data:image/png"), what  # type: ignore[attr-defined]
    return refused


def test_undamaged_files_are_read() -> None:
    settings = KIND.settings(ScanLinesConfig(width=16, max_lines=32), None)
    for name, raw in files().items():
        assert KIND.encode(raw, settings)["lines"].shape[0] >= 1, name  # type: ignore[attr-defined]


def test_damaged_files_are_reasons() -> None:
    assert check(42, seed=1) > 10


@pytest.mark.slow
def test_a_thousand_damaged_files_are_reasons(size: Callable[[int, int], int]) -> None:
    count = size(140, 1400)
    assert check(count, seed=2) > count // 4


@pytest.mark.slow
def test_damaged_files_in_a_folder_are_findings(tmp_path: Path) -> None:
    made = generate("scanlines", tmp_path, rows=24)
    spoilt = sorted((tmp_path / "scans").iterdir())[:2]
    for path in spoilt:
        path.write_bytes(path.read_bytes()[:90])
    found = evenhand.check(str(made.toml), changes=[f"compute.store={tmp_path / 'store'}"])
    (bad,) = [finding for finding in found.findings if finding.code == "EH101"]
    assert all(path.name in str(bad.evidence) or path.name in bad.message for path in spoilt)

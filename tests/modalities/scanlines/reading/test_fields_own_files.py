"""Nanonis, Gwyddion and gsf files built by hand: orientation, units, and the libraries' own values."""

from pathlib import Path

import gsffile
import gwyfile
import numpy as np
import pytest
from nanonispy2.read import Scan as NanonisScan

from evenhand.base.errors import DataError
from evenhand.modalities import KINDS
from evenhand.modalities.scanlines.config import ScanLinesConfig
from evenhand.modalities.scanlines.reading.encode import COUNTED, encode
from evenhand.modalities.scanlines.reading.lengths import metres
from evenhand.modalities.scanlines.reading.read import facts, read_scan

from .by_hand import field, gsf, gwy, sxm

RNG = np.random.default_rng(0)
TIME = RNG.normal(3e-8, 1e-10, (6, 8)).astype(np.float32)  # lines in the order of time, pixels from left to right
BACK = TIME + np.float32(1e-11)


def settings(**own: object) -> dict:
    return ScanLinesConfig.model_validate(own).plain()


# Nanonis


@pytest.mark.parametrize("direction", ["down", "up"])
@pytest.mark.parametrize("order", [">", "<"])
def test_sxm_lines_are_in_the_order_of_time_and_backward_ones_are_turned_round(direction: str, order: str) -> None:
    found = read_scan(sxm([TIME, BACK[:, ::-1]], direction=direction, order=order), settings(first_line="bottom"))
    assert np.array_equal(found.heights[0], TIME)
    assert np.array_equal(found.heights[1], BACK)
    assert found.directions == ("forward", "backward")
    assert found.upward == (direction == "up")
    assert (found.channel, found.unit, found.pixel_m) == ("Z", "m", pytest.approx((5e-10, 2e-9 / 6)))


def test_sxm_equals_the_library_where_it_can_read(tmp_path: Path) -> None:
    current = [RNG.normal(0, 1e-12, (6, 8)).astype(np.float32) for _ in range(2)]
    raw = sxm([TIME, BACK[:, ::-1], *current], [("Z", "m", "both"), ("Current", "A", "both")], direction="up")
    (tmp_path / "a.sxm").write_bytes(raw)
    library = NanonisScan(str(tmp_path / "a.sxm"))
    for channel, unit in (("Z", "m"), ("current", "A")):
        found = read_scan(raw, settings(channel=channel))
        assert found.unit == unit
        theirs = library.signals[found.channel]
        assert np.array_equal(found.heights[0], theirs["forward"])
        assert np.array_equal(found.heights[1], theirs["backward"][:, ::-1])
    assert found.pixel_m == pytest.approx(tuple(library.header["scan_range"] / library.header["scan_pixels"]))


@pytest.mark.parametrize(("way", "expected"), [("forward", TIME), ("backward", TIME[:, ::-1])])
def test_sxm_of_one_direction_beside_one_of_both(way: str, expected: np.ndarray) -> None:
    raw = sxm([BACK, BACK, TIME], [("Current", "A", "both"), ("Z", "m", way)])
    found = read_scan(raw, settings())
    assert found.directions == (way,)
    assert np.array_equal(found.heights[0], expected)


def test_an_unfinished_sxm_holds_nan_and_one_that_was_cut_off_is_damage() -> None:
    part = TIME.copy()
    part[4:] = np.nan
    found = read_scan(sxm([part, part[:, ::-1]]), settings())
    assert np.isnan(found.heights[:, 4:]).all()
    assert found.damage == ""
    cut = read_scan(sxm([TIME, BACK[:, ::-1]])[: -4 * 8 * 2 - 1], settings())
    assert np.array_equal(cut.heights[0], TIME)
    assert np.isnan(cut.heights[1]).sum() == 17
    assert np.isnan(cut.heights[1, 3]).sum() == 1
    row = encode(cut, settings(width=8))
    assert bytes(row["repairs"]).decode() == "the file ends 17 values before its images do"
    assert dict(zip([c.name for c in COUNTED], row["counters"], strict=True))["damaged"] == 1


def test_no_pixel_size_is_invented() -> None:
    for raw in (
        sxm([TIME, BACK], extent=""),
        sxm([TIME, BACK], extent="0.0 0.0"),
        gsf(TIME, {}),
        gsf(TIME, {"XReal": 2}),
    ):
        assert np.isnan(read_scan(raw, settings()).pixel_m).all()
    no_extent = {key: value for key, value in field(TIME).items() if key not in ("xreal", "yreal")}
    no_unit = {**field(TIME), "si_unit_xy": {"unitstr": ""}}
    for one in (no_extent, no_unit):
        assert np.isnan(read_scan(gwy({"/0/data": one}), settings()).pixel_m).all()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (sxm([TIME, BACK], direction="left"), 'has the scan direction "left"; allowed are up and down'),
        (sxm([TIME, BACK], [("Z", "m", "diagonal")]), 'has a channel of the direction "diagonal"'),
        (sxm([TIME, BACK], []), "has no channels in its table :DATA_INFO:"),
        (
            sxm([TIME, BACK]).replace(b"SCAN_PIXELS", b"SCAN_PICKLE"),
            "has no two numbers below :SCAN_PIXELS: \\(nothing",
        ),
        (sxm([TIME, BACK]).replace(b"\tDirection", b"\tElsewhere"), "has no table of channels"),
        (sxm([TIME, BACK]).partition(b"\x1a\x04")[0], "has no images behind its header"),
        (sxm([TIME, BACK])[:300], "is damaged"),
        (sxm([TIME] * 4, [("Freq", "Hz", "both"), ("Current", "A", "both")]), 'channels Freq, Current, but no "Z"'),
        (sxm([TIME] * 2)[: sxm([TIME] * 2).find(b"\x1a\x04") + 2], "has no pixel that was scanned"),
    ],
)
def test_what_is_wrong_with_a_sxm_is_said(raw: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_scan(raw, settings())


# gsf


def test_gsf_equals_the_library_and_keeps_its_units(tmp_path: Path) -> None:
    rows = TIME.copy()
    rows[5, 3:] = np.nan
    raw = gsf(rows, {"XReal": "4e-3", "YReal": "2e-3", "XYUnits": "µm", "ZUnits": "m", "Title": "Topography µ"})
    (tmp_path / "a.gsf").write_bytes(raw)
    data, about = gsffile.read_gsf(tmp_path / "a.gsf")
    found = read_scan(raw, settings(first_line="bottom"))
    assert np.array_equal(found.heights[0], data[::-1].astype(np.float64), equal_nan=True)
    assert np.array_equal(read_scan(raw, settings()).heights[0], rows.astype(np.float64), equal_nan=True)
    assert (found.unit, found.channel) == (about["ZUnits"], about["Title"])
    assert found.pixel_m == pytest.approx((5e-10, 2e-9 / 6))


@pytest.mark.parametrize("raw", [gsf(TIME, {})[:-3], gsf(TIME, {}) + b"x", gsf(TIME, {}).replace(b"YRes", b"ZRes")])
def test_damaged_gsf_are_reasons(raw: bytes) -> None:
    with pytest.raises(DataError, match=r"^is damaged or cut off \(its reader reports: ") as found:
        read_scan(raw, settings())
    assert "Error(" not in str(found.value)


# Gwyddion


def test_gwy_equals_the_library_and_takes_the_channel_that_is_asked_for(tmp_path: Path) -> None:
    back = BACK.astype(np.float64)
    raw = gwy(
        {
            "/0/data": field(RNG.normal(size=(6, 8)), unit="A"),
            "/0/data/title": "Current (Forward)",
            "/3/data": field(back),
            "/3/data/title": "Z (Backward)",
            "/12/data": field(TIME.astype(np.float64)),
            "/12/data/title": "Z (Forward)",
            "/filename": "µ.gwy",
        }
    )
    (tmp_path / "a.gwy").write_bytes(raw)
    library = gwyfile.load(str(tmp_path / "a.gwy"))
    found = read_scan(raw, settings())
    assert found.directions == ("forward", "backward")
    assert np.array_equal(found.heights[0], library["/12/data"].data)
    assert np.array_equal(found.heights[1], back)
    assert (found.unit, found.pixel_m) == ("m", pytest.approx((5e-10, 2e-9 / 6)))
    assert read_scan(raw, settings(channel="current")).unit == "A"
    assert np.array_equal(read_scan(raw, settings(first_line="bottom")).heights[0], TIME[::-1])
    with pytest.raises(DataError, match='channels Current, Z, but no "Phase"'):
        read_scan(raw, settings(channel="Phase"))


def test_lines_masked_from_end_to_end_were_not_scanned_and_grains_are_ignored() -> None:
    mask = np.zeros((6, 8))
    mask[4:], mask[1, 2:5] = 1.0, 1.0
    found = read_scan(gwy({"/0/data": field(TIME.astype(np.float64)), "/0/mask": field(mask)}), settings())
    assert np.isnan(found.heights[0]).all(axis=1).tolist() == [False] * 4 + [True] * 2
    assert np.isfinite(found.heights[0, :4]).all()


@pytest.mark.parametrize(
    "raw", [gwy({"/filename": "a"}), gwy({}), gwy({"/0/data": field(TIME)})[:-20], b"GWYP", b"GWYPx"]
)
def test_damaged_gwy_are_reasons(raw: bytes) -> None:
    with pytest.raises(DataError, match="^(is|has) "):
        read_scan(raw, settings())


# all


@pytest.mark.parametrize("raw", [sxm([TIME, BACK]), gsf(TIME, {}), gwy({"/0/data": field(TIME)})])
def test_facts_are_those_of_every_format_and_large_scans_are_refused(raw: bytes) -> None:
    told = facts(raw, settings())
    assert (told["width"], told["height"], told["bytes"]) == (8, 6, len(raw))
    assert all(isinstance(value, (str, int, float)) for value in told.values())
    with pytest.raises(DataError, match="scanlines.max_pixels = 20 is the most"):
        read_scan(raw, settings(max_pixels=20))


def test_units_of_length() -> None:
    assert [metres(unit) for unit in ("m", "nm", "µm", "μm", "um", "Å", "Angstrom", "pm")] == [
        1.0, 1e-9, 1e-6, 1e-6, 1e-6, 1e-10, 1e-10, 1e-12,
    ]  # fmt: skip
    assert np.isnan([metres(unit) for unit in ("", "A", "V", "px", "Nm", "M")]).all()


def test_facts_and_pictures_are_of_the_channel_that_is_read() -> None:
    raw = sxm([TIME, BACK, TIME.T.reshape(6, 8), TIME], [("Z", "m", "both"), ("Current", "A", "both")])
    kinds = {name: KINDS.get("scanlines").configured(ScanLinesConfig(channel=name)) for name in ("Z", "Current")}
    facts_of = {name: kind.facts(raw) for name, kind in kinds.items()}  # type: ignore[attr-defined]
    assert {name: (one["channel"], one["unit"]) for name, one in facts_of.items()} == {
        "Z": ("Z", "m"),
        "Current": ("Current", "A"),
    }
    assert len({kind.picture(raw, 32) for kind in kinds.values()}) == 2  # type: ignore[attr-defined]
    assert KINDS.get("scanlines").facts(raw)["channel"] == "Z", "without a section, the heights"  # type: ignore[attr-defined]

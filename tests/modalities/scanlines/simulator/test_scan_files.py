"""Files of scans read back by the libraries of the field: values, units, directions and order of lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import EvenhandError
from evenhand.testing.scans import Scan, Setting, Surface, simulate, write_scan


def scan(*, upward: bool = False, scanned: int | None = None) -> Scan:
    setting = Setting(
        lines=20, pixels=32, size_nm=(8.0, 5.0), upward=upward, scanned=scanned, surface=Surface(25.0)
    )
    return simulate(setting, np.random.default_rng(0))


@pytest.mark.parametrize("upward", [False, True])
def test_sxm_is_read_by_nanonispy(tmp_path: Path, upward: bool) -> None:
    read = pytest.importorskip("nanonispy2.read")
    one = scan(upward=upward, scanned=13)
    found = read.Scan(str(write_scan(one, tmp_path / "one.sxm")))
    assert list(found.header["scan_pixels"]) == [32, 20]
    np.testing.assert_allclose(found.header["scan_range"], (8e-9, 5e-9))
    assert found.header["scan_dir"] == ("up" if upward else "down")
    assert found.header["data_info"]["Unit"] == ("m",)
    np.testing.assert_allclose(found.signals["Z"]["forward"], one.forward * 1e-9, rtol=1e-6)
    np.testing.assert_allclose(found.signals["Z"]["backward"], one.backward[:, ::-1] * 1e-9, rtol=1e-6)


@pytest.mark.parametrize("upward", [False, True])
def test_gsf_is_read_by_gsffile(tmp_path: Path, upward: bool) -> None:
    gsffile = pytest.importorskip("gsffile")
    one = scan(upward=upward, scanned=13)
    rows, header = gsffile.read_gsf(write_scan(one, tmp_path / "one.gsf"))
    np.testing.assert_allclose(rows, (one.forward[::-1] if upward else one.forward) * 1e-9, rtol=1e-6)
    assert (float(header["XReal"]), float(header["YReal"])) == pytest.approx((8e-9, 5e-9))
    assert (header["XYUnits"], header["ZUnits"]) == ("m", "m")


def test_gwy_is_read_by_gwyfile(tmp_path: Path) -> None:
    gwyfile = pytest.importorskip("gwyfile")
    one = scan(scanned=13)
    found = gwyfile.load(str(write_scan(one, tmp_path / "one.gwy")))
    channels = gwyfile.util.get_datafields(found)
    assert list(channels) == ["Z (Forward)", "Z (Backward)"]
    backward = channels["Z (Backward)"]
    np.testing.assert_allclose(backward.data[:13], one.backward[:13] * 1e-9, rtol=1e-6)
    assert (backward.xreal, backward.yreal) == pytest.approx((8e-9, 5e-9))
    assert backward.si_unit_z.unitstr == "m"
    np.testing.assert_array_equal(found["/0/mask"].data[:, 0], np.arange(20) >= 13)


def test_arrays_keep_both_directions_and_units(tmp_path: Path) -> None:
    one = scan()
    np.testing.assert_array_equal(np.load(write_scan(one, tmp_path / "one.npy")), [one.forward, one.backward])
    with np.load(write_scan(one, tmp_path / "one.npz"), allow_pickle=False) as found:
        np.testing.assert_array_equal(found["backward"], one.backward)
        np.testing.assert_allclose(found["pixel_m"], (0.25e-9, 0.25e-9))
        assert str(found["unit"]) == "nm"


def test_png_is_the_picture(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    with image.open(write_scan(scan(scanned=13), tmp_path / "one.png")) as found:
        assert (found.mode, found.size) == ("L", (32, 13))


def test_another_suffix_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(EvenhandError, match=r"format of scans"):
        write_scan(scan(), tmp_path / "one.sxn")
    assert not list(tmp_path.iterdir())

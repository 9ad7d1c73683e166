"""The surface: periods, what a tip resolves, a second apex, steps and features."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.modalities.scanlines.simulator.surface import (
    DIMER_NM,
    ROW_NM,
    STEP_NM,
    Feature,
    Raster,
    Step,
    Surface,
    Tip,
    heights,
    lattice,
    transfer,
)


def grid(width_nm: float, pixels: int = 128, height_nm: float | None = None) -> Raster:
    x = (np.arange(pixels) / pixels - 0.5) * width_nm
    y = x if height_nm is None else (np.arange(pixels) / pixels - 0.5) * height_nm
    return Raster(np.zeros(pixels), y, x, np.zeros(pixels))


def amplitude(field: np.ndarray, across: int, along: int) -> float:
    """Return the amplitude of the component with so many periods in the frame along x and y."""
    return 2 * float(np.abs(np.fft.fft2(field)[along, across])) / field.size


def frame(distance_nm: float, **more: object) -> np.ndarray:
    """Return ten rows of twenty dimers."""
    tip = Tip(distance_nm, **more)  # type: ignore[arg-type]
    return lattice(0.0, (0.0, 0.0), tip, grid(10 * ROW_NM, height_nm=20 * DIMER_NM))


def test_rows_and_dimers_have_their_periods() -> None:
    spectrum = np.abs(np.fft.fft2(frame(0.4)))
    spectrum[0, 0] = 0
    found = np.argwhere(spectrum > 0.02 * spectrum.max())
    orders = {(min(x, 128 - x) / 10, min(y, 128 - y) / 20) for y, x in found}
    assert {(1.0, 0.0), (0.0, 1.0)} <= orders
    assert all(h.is_integer() and k.is_integer() for h, k in orders)


@pytest.mark.parametrize(("across", "along"), [(10, 0), (0, 20), (20, 0)])
def test_components_fall_with_distance_as_tersoff_and_hamann_say(across: int, along: int) -> None:
    wave = 2 * np.pi * np.hypot(across / 10 / ROW_NM, along / 20 / DIMER_NM)
    ratio = amplitude(frame(0.7), across, along) / amplitude(frame(0.3), across, along)
    assert ratio == pytest.approx(np.exp(-(np.sqrt(4 * 10.9**2 + wave**2) - 2 * 10.9) * 0.4), rel=1e-9)
    assert transfer(np.array([0.0, wave]), 0.4)[0] == 1


def test_a_blunt_tip_shows_rows_a_sharper_one_dimers_the_sharpest_atoms() -> None:
    def dimers_to_rows(distance: float) -> float:
        return amplitude(frame(distance), 0, 20) / amplitude(frame(distance), 10, 0)

    assert dimers_to_rows(0.9) < 0.1 < 0.3 < dimers_to_rows(0.4)
    profile = frame(0.12)[0, :14]  # one row, its middle at pixel 0 and at 12.8
    assert profile[2] > profile[0], "two atoms, with a dip between them"
    blunt = frame(0.9)[0, :14]
    assert blunt[0] > blunt[2]


def test_corrugation_is_tens_of_picometres() -> None:
    assert 0.005 < np.ptp(frame(0.9)) < np.ptp(frame(0.4)) < np.ptp(frame(0.15)) < 0.2


def test_two_equal_apexes_half_a_row_apart_cancel_the_rows() -> None:
    single, double = frame(0.4), frame(0.4, second=1.0, apart_nm=(ROW_NM / 2, 0.0))
    assert amplitude(double, 10, 0) < 1e-9 < amplitude(single, 10, 0)
    assert amplitude(double, 20, 0) == pytest.approx(amplitude(single, 20, 0))


def test_a_second_apex_is_the_surface_beside_itself() -> None:
    apart = (0.2, 0.1)
    raster = grid(6.0, 64)
    moved = Raster(raster.x_line - apart[0], raster.y_line - apart[1], raster.x_pixel, raster.y_pixel)
    tip = Tip(0.35)
    sum_of_both = (lattice(30.0, (0.1, 0.2), tip, raster) + 0.6 * lattice(30.0, (0.1, 0.2), tip, moved)) / 1.6
    found = lattice(30.0, (0.1, 0.2), Tip(0.35, second=0.6, apart_nm=apart), raster)
    np.testing.assert_allclose(found, sum_of_both, atol=1e-12)


def test_a_step_is_one_layer_down_and_rows_turn() -> None:
    n = 256
    surface = Surface(0.0, steps=(Step(0.0, 0.0),))
    found = heights(surface, Tip(0.9), grid(20 * ROW_NM, n))
    upper, lower = found[:, : n // 2 - 16], found[:, n // 2 + 16 :]
    assert upper.mean() - lower.mean() == pytest.approx(STEP_NM, abs=2e-3)
    assert upper.std(axis=1).mean() > 5 * upper.std(axis=0).mean(), "rows run down the frame"
    assert lower.std(axis=0).mean() > 5 * lower.std(axis=1).mean(), "and across it one terrace below"


def test_kinks_move_the_edge_by_rows() -> None:
    kinks = (0.0,) * 10 + (2 * ROW_NM,) * 10
    found = heights(Surface(0.0, steps=(Step(0.0, 0.0, kinks),)), Tip(2.0), grid(20 * ROW_NM, 256))
    edge = (found > -STEP_NM / 2).sum(axis=1) * 20 * ROW_NM / 256
    assert edge[200] - edge[50] == pytest.approx(2 * ROW_NM, abs=0.1)


@pytest.mark.parametrize("height", [0.15, -0.05])
def test_a_feature_is_as_high_as_said_where_it_is(height: float) -> None:
    bare, raster = Surface(20.0), grid(6.0)
    found = heights(Surface(20.0, features=(Feature(0.9, -1.2, height, 0.3),)), Tip(), raster)
    difference = found - heights(bare, Tip(), raster)
    at = np.unravel_index(np.abs(difference).argmax(), difference.shape)
    assert difference[at] == pytest.approx(height, abs=0.03)
    assert (raster.x_pixel[at[1]], raster.y_line[at[0]]) == pytest.approx((0.9, -1.2), abs=0.1)
    assert np.abs(difference[:20, :20]).max() < 1e-3


@pytest.mark.parametrize("height", [0.3, 0.08, -0.02, -0.1])
@pytest.mark.parametrize("radius", [0.0, 0.4, 2.0])
def test_a_feature_has_no_edge_where_its_window_ends(height: float, radius: float) -> None:
    surface = Surface(features=(Feature(0.0, 0.0, height, radius),))
    found = heights(surface, Tip(5.0), grid(8.0, 256))
    bends = np.abs(np.diff(found, 2, axis=1))
    assert bends.max() < 6e-3, "a cut of the window is a jump from one pixel to the next"
    assert np.abs(found[0]).max() < 2e-3


def test_a_blunt_tip_widens_what_is_high_and_a_ghost_repeats_it() -> None:
    surface, raster = Surface(features=(Feature(0.0, 0.0, 0.2, 0.1),)), grid(8.0)

    def area(tip: Tip) -> int:
        return int((heights(surface, tip, raster) - heights(Surface(), tip, raster) > 0.05).sum())

    assert area(Tip(radius_nm=1.0)) > 1.5 * area(Tip(radius_nm=0.4))
    assert area(Tip(ghost_nm=(2.0, 0.0), ghost_depth_nm=0.05)) > 1.4 * area(Tip())

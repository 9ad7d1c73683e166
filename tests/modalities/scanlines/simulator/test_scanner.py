"""The scanner: drift, creep, hysteresis, feedback and noise, each alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evenhand.modalities.scanlines.simulator.scanner import Scanner, electronics, moments, noise_of, raster


def where(scanner: Scanner, *, backward: bool = False, upward: bool = False, lines: int = 60, pixels: int = 40):
    when = moments(scanner, lines, pixels, backward=backward)
    return raster(scanner, (8.0, 12.0), when, np.zeros(lines), upward=upward, backward=backward)


def test_an_ideal_frame_is_a_grid(quiet: Scanner) -> None:
    found = where(quiet)
    np.testing.assert_allclose(found.x()[7], (np.arange(40) + 0.5) / 5 - 4)
    np.testing.assert_allclose(found.y()[:, 3], (np.arange(60) + 0.5) / 5 - 6)
    np.testing.assert_allclose(where(quiet, upward=True).y(), found.y()[::-1])


def test_drift_is_a_velocity(quiet: Scanner) -> None:
    scanner = replace(quiet, drift_nm_per_min=(6.0, -3.0, 0.0), line_time_s=0.5)
    moved_x = where(scanner).x() - where(quiet).x()
    seconds = np.add.outer(np.arange(60) * 0.5, (np.arange(40) + 0.5) / 40 * 0.25)
    np.testing.assert_allclose(moved_x, 0.1 * seconds, atol=1e-12)
    np.testing.assert_allclose(where(scanner).y() - where(quiet).y(), -0.05 * seconds, atol=1e-12)


def test_creep_is_logarithmic(quiet: Scanner) -> None:
    crept = where(replace(quiet, creep=0.02, moved_nm=(5.0, 0.0), line_time_s=0.9)).x_line
    assert crept[1] == pytest.approx(0.1)  # 2 % of 5 nm, one decade after 0.1 s
    assert crept[11] == pytest.approx(0.2)
    assert np.all(np.diff(crept, 2) < 0)


def test_hysteresis_bends_forward_and_backward_lines_apart(quiet: Scanner) -> None:
    scanner = replace(quiet, hysteresis=0.02)
    forward, backward = where(scanner).x_pixel, where(scanner, backward=True).x_pixel
    gap = backward - forward
    assert gap.max() == pytest.approx(2 * 0.02 * 8, rel=0.01)
    assert np.argmax(gap) in (19, 20)
    assert gap[0] < 0.1 * gap.max()


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize(("damping", "least", "most"), [(0.3, 0.3, 0.5), (1.0, -0.001, 0.001)])
def test_the_feedback_overshoots_as_its_damping_says(
    quiet: Scanner, damping: float, least: float, most: float, backward: bool
) -> None:
    scanner = replace(quiet, feedback_pixels=4.0, damping=damping)
    edge = np.zeros((3, 100))
    edge[:, 50:] = 1.0
    edge = edge[:, ::-1] if backward else edge
    when = moments(scanner, 3, 100, backward=backward)
    found = electronics(scanner, edge, np.zeros((3, 100)), when, backward=backward)[1]
    found = found[::-1] if backward else found
    assert least <= found.max() - 1 <= most
    assert np.allclose(found[:49], 0)
    assert found[-1] == pytest.approx(1, abs=0.05)


def test_a_level_stays_a_level() -> None:
    when = moments(Scanner(), 4, 30, backward=False)
    found = electronics(Scanner(damping=0.4), np.full((4, 30), 2.5), np.zeros((4, 30)), when, backward=False)
    np.testing.assert_allclose(found, 2.5)


def test_mains_are_at_50_hz_through_all_lines(quiet: Scanner) -> None:
    scanner = replace(quiet, mains_nm=0.01, line_time_s=0.25)
    parts = []
    for backward in (False, True):
        when = moments(scanner, 32, 64, backward=backward)
        parts.append(electronics(scanner, np.zeros((32, 64)), np.zeros((32, 64)), when, backward=backward))
    in_time = np.stack([parts[0], parts[1][:, ::-1]], axis=1).ravel()
    spectrum = np.abs(np.fft.rfft(in_time))
    hz = np.fft.rfftfreq(len(in_time), 0.25 / 128)
    assert hz[spectrum.argmax()] == pytest.approx(50, abs=0.2)


def test_noise_is_white_above_the_knee_and_one_over_f_below() -> None:
    scanner = Scanner(line_time_s=0.2, noise_nm=0.01, knee_hz=30.0)
    forward, backward = noise_of(scanner, 200, 100, np.random.default_rng(0))
    in_time = np.stack([forward, backward[:, ::-1]], axis=1).ravel()
    power = np.abs(np.fft.rfft(in_time)) ** 2 / len(in_time)
    hz = np.fft.rfftfreq(len(in_time), 0.2 / 200)

    def band(low: float, high: float) -> float:
        return float(power[(hz >= low) & (hz < high)].mean())

    assert band(300, 500) == pytest.approx(1e-4 * (1 + 30 / 400), rel=0.1)
    assert band(0.5, 1) / band(5, 10) == pytest.approx(10 * (30.7 / 30) / (37.5 / 30), rel=0.35)

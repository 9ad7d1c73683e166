"""The scanner: where the tip is at every moment, and what its electronics make of the height. Lengths nm, times s.

A line is scanned forward and backward in `line_time_s`. Piezo actuators follow a triangle with hysteresis, a
parabola of some percent of the width, to opposite sides forward and backward, and after a move they creep by c
log10(1 + t / 0.1 s) of it (Jung and Gweon 2000). Thermal drift adds a velocity. The feedback is a damped
oscillator of the second order, which lags behind and overshoots, so that edges have a shadow in the direction
of the scan. Noise is white with a 1/f part below a knee, and mains at 50 Hz, both filtered by the feedback;
lines jitter as a whole.

References: H. Jung and D.-G. Gweon, Rev. Sci. Instrum. 71, 1896 (2000); C. J. Chen, Introduction to Scanning
Tunneling Microscopy (2nd ed., Oxford 2008), chapters 9 (piezo scanners) and 11 (feedback).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from evenhand.base.values import Floats
from evenhand.modalities.scanlines.simulator.surface import Raster

CREEP_START_S = 0.1
"""Time after a move at which creep is counted as beginning."""
MAINS_HZ = 50.0


@dataclass(frozen=True)
class Scanner:
    """Habits of an instrument on one day.

    Attributes
    ----------
    line_time_s
        Time of a line, forward and backward together.
    drift_nm_per_min
        Velocity of the sample, (x, y, z).
    creep
        Share of the last move that is crept in each decade of time.
    moved_nm
        That move, (x, y).
    hysteresis
        Largest error of the position along a line, as a share of its width.
    jitter_nm
        Deviation of the place and of the height of a line from its neighbours.
    tilt
        Slope of the sample, (x, y).
    noise_nm
        Deviation of the white noise of a pixel, before the feedback.
    knee_hz
        Frequency below which noise grows as 1/f.
    mains_nm
        Amplitude at 50 Hz.
    feedback_pixels
        Time constant of the feedback.
    damping
        Its damping: 1 does not overshoot, 0.3 rings.
    """

    line_time_s: float = 0.3
    drift_nm_per_min: tuple[float, float, float] = (0.0, 0.0, 0.0)
    creep: float = 0.02
    moved_nm: tuple[float, float] = (0.0, 0.0)
    hysteresis: float = 0.01
    jitter_nm: float = 0.01
    tilt: tuple[float, float] = (0.0, 0.0)
    noise_nm: float = 0.004
    knee_hz: float = 20.0
    mains_nm: float = 0.0
    feedback_pixels: float = 1.0
    damping: float = 0.7


@dataclass(frozen=True)
class Moments:
    """When: `line` (l,) is the start of each line and `pixel` (p,) the time of a pixel in it; s."""

    line: Floats
    pixel: Floats


def moments(scanner: Scanner, lines: int, pixels: int, *, backward: bool) -> Moments:
    """Return when each pixel is scanned; pixels are counted from the left in both directions."""
    within = (np.arange(pixels) + 0.5) * scanner.line_time_s / (2 * pixels)
    return Moments(np.arange(lines) * scanner.line_time_s, scanner.line_time_s - within if backward else within)


def raster(
    scanner: Scanner, size_nm: tuple[float, float], when: Moments, jitter: Floats, *, upward: bool, backward: bool
) -> Raster:
    """Return where the tip is; x grows to the right and y downward, the origin is the middle of the frame.

    Parameters
    ----------
    jitter
        (l,) place of each line, in deviations.
    """
    width, height = size_nm
    lines, pixels = len(when.line), len(when.pixel)
    along = (np.arange(pixels) + 0.5) / pixels - 0.5
    bow = scanner.hysteresis * width * (1 - 4 * along**2)
    slow = ((np.arange(lines) + 0.5) / lines - 0.5) * height * (-1 if upward else 1)
    crept = scanner.creep * np.log10(1 + when.line / CREEP_START_S)
    vx, vy = (speed / 60 for speed in scanner.drift_nm_per_min[:2])
    return Raster(
        vx * when.line + scanner.moved_nm[0] * crept + scanner.jitter_nm * jitter,
        slow + vy * when.line + scanner.moved_nm[1] * crept,
        width * along + (bow if backward else -bow) + vx * when.pixel,
        vy * when.pixel,
    )


def electronics(scanner: Scanner, followed: Floats, noise: Floats, when: Moments, *, backward: bool) -> Floats:
    """Return (l, p) heights as recorded of the heights that are to be followed.

    Parameters
    ----------
    noise
        (l, p) of `noise_of`, in the order of pixels.
    """
    pixels = followed.shape[1]
    turn = 2 * np.pi * MAINS_HZ
    rises = np.sin(turn * when.line)[:, None] * np.cos(turn * when.pixel)
    mains = scanner.mains_nm * (rises + np.cos(turn * when.line)[:, None] * np.sin(turn * when.pixel))
    kernel = _feedback(pixels, round(scanner.feedback_pixels, 3), round(scanner.damping, 3))
    kernel = kernel[::-1, ::-1] if backward else kernel
    return np.asarray((followed + noise + mains) @ kernel)


def noise_of(scanner: Scanner, lines: int, pixels: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return (l, p) noise forward and backward in nm: white, and 1/f below the knee, on over the lines."""
    count = 2 * lines * pixels
    white = rng.standard_normal(count, dtype=np.float32)
    spectrum = np.fft.rfft(white)
    rate = 2 * pixels / scanner.line_time_s
    frequency = np.maximum(np.arange(len(spectrum)), 1) * (rate / count)
    spectrum *= scanner.noise_nm * np.sqrt(1 + scanner.knee_hz / frequency)
    both = np.fft.irfft(spectrum, count).reshape(lines, 2, pixels)
    return both[:, 0], both[:, 1, ::-1]


@lru_cache(maxsize=256)
def _feedback(pixels: int, constant: float, damping: float) -> Floats:
    """Return (p, p) what a height at one pixel (rows) adds to each later one; columns sum to 1."""
    time = np.arange(1, pixels + 1) / constant
    if damping < 1:
        ringing = np.sqrt(1 - damping**2)
        impulse = np.exp(-damping * time) * np.sin(ringing * time) / ringing
    else:
        impulse = time * np.exp(-time)
    impulse /= impulse.sum()
    lag = np.arange(pixels) - np.arange(pixels)[:, None]
    kernel = np.where(lag >= 0, impulse[np.maximum(lag, 0)], 0.0)
    kernel[0] += 1 - kernel.sum(axis=0)  # before the line the tip waited at its first pixel
    return kernel

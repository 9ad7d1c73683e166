"""Heights of a hydrogen-terminated Si(100) surface as a tip at constant current follows it, in nm.

The clean surface reconstructs into rows of dimers, which one hydrogen atom per silicon atom leaves in place (2x1,
Boland 1993). Cell of the surface: 0.768 nm across the rows, 0.384 nm along them;
terraces one layer of 0.136 nm apart, on which the rows turn by 90 degrees. A hydrogen atom that is missing leaves
a dangling bond, which appears 0.1 to 0.2 nm high and about 1 nm wide (Lyding et al. 1994).

The tip is an s-wave at a distance from the surface (Tersoff and Hamann 1985): the component of the surface with
wave vector G reaches it reduced by exp(-(sqrt(4 k^2 + G^2) - 2 k) d), where 1/(2 k) is the decay length of the
current. A blunt tip is a larger distance d, so one number decides whether atoms, dimers, rows or nothing is
resolved. A second apex adds the same surface, displaced: components are multiplied by (1 + w exp(-i G s)) / (1
+ w).

References: J. Tersoff and D. R. Hamann, Phys. Rev. B 31, 805 (1985); R. J. Hamers, R. M. Tromp and J. E.
Demuth, Phys. Rev. B 34, 5343 (1986); J. J. Boland, Adv. Phys. 42, 129 (1993); J. W. Lyding et al., Appl. Phys.
Lett. 64, 2010 (1994).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.base.values import Floats, Ints

ROW_NM = 0.768
"""Distance of two rows of dimers: twice a / sqrt(2), a = 0.5431 nm."""
DIMER_NM = 0.384
"""Distance of two dimers of a row."""
PAIR_NM = 0.29
"""Distance at which the atoms of a dimer appear: silicon is 0.24 nm apart, the hydrogen on it 0.34 nm."""
STEP_NM = 0.1358
"""Height of a monatomic step, a / 4."""
DECAY_PER_NM = 10.9
"""k for a work function of 4.5 eV: the current falls by a factor of e in 1 / (2 k)."""

_ORDERS = ((1, 0), (0, 1), (2, 0), (1, 1), (1, -1), (2, 1), (2, -1))
"""Components of the surface: orders across the rows and along them. Finer ones do not reach a tip."""


@dataclass(frozen=True)
class Tip:
    """A tip.

    Attributes
    ----------
    distance_nm
        Distance d of the model: about 0.15 shows atoms, 0.4 dimers, 0.9 rows, 1.5 nothing.
    second
        Weight w of a second apex, 0 for none, 1 for a tip that is two.
    apart_nm
        Where the second apex is, (x, y).
    radius_nm
        Radius of the end, which tall features show.
    ghost_nm, ghost_depth_nm
        Where a further apex is, (x, y), and how far behind: tall features show it, the lattice does not.
    """

    distance_nm: float = 0.4
    second: float = 0.0
    apart_nm: tuple[float, float] = (0.0, 0.0)
    radius_nm: float = 0.6
    ghost_nm: tuple[float, float] = (0.0, 0.0)
    ghost_depth_nm: float = np.inf


@dataclass(frozen=True)
class Feature:
    """Something on the surface: a dangling bond or an adsorbate (height above 0), or a vacancy (below 0).

    Attributes
    ----------
    x_nm, y_nm
        Its place.
    height_nm
        Height as it appears.
    radius_nm
        Radius; that of the tip is added to it.
    """

    x_nm: float
    y_nm: float
    height_nm: float
    radius_nm: float


@dataclass(frozen=True)
class Step:
    """A monatomic step down, along a line.

    Attributes
    ----------
    angle_deg
        Direction of the way down.
    at_nm
        Distance of the line from the origin in that direction.
    kinks_nm
        (c,) displacement of the edge in each stretch of `ROW_NM` along it, the middle one at the origin.
    """

    angle_deg: float
    at_nm: float
    kinks_nm: tuple[float, ...] = (0.0,)


@dataclass(frozen=True)
class Surface:
    """A piece of the surface.

    Attributes
    ----------
    angle_deg
        Direction across the rows, from the fast axis of the scan.
    origin_nm
        Where a dimer is, (x, y).
    features, steps
        What is on it.
    """

    angle_deg: float = 0.0
    origin_nm: tuple[float, float] = (0.0, 0.0)
    features: Sequence[Feature] = ()
    steps: Sequence[Step] = ()


@dataclass(frozen=True)
class Raster:
    """Where the tip is: x = x_line[i] + x_pixel[j] and y alike, for line i and pixel j; nm.

    A sum, so that a wave over the surface is a product of one vector over lines and one over pixels.

    Attributes
    ----------
    x_line, y_line
        (l,) float64.
    x_pixel, y_pixel
        (p,) float64.
    """

    x_line: Floats
    y_line: Floats
    x_pixel: Floats
    y_pixel: Floats

    def x(self) -> Floats:
        """Return (l, p) x."""
        return np.add.outer(self.x_line, self.x_pixel)

    def y(self) -> Floats:
        """Return (l, p) y."""
        return np.add.outer(self.y_line, self.y_pixel)

    def lines(self, first: int, last: int) -> Raster:
        """Return the lines from `first` up to `last`."""
        return Raster(self.x_line[first:last], self.y_line[first:last], self.x_pixel, self.y_pixel)


def heights(surface: Surface, tip: Tip, raster: Raster) -> Floats:
    """Return (l, p) heights of a surface in nm, as a tip follows it."""
    found = lattice(surface.angle_deg, surface.origin_nm, tip, raster)
    if surface.steps:
        turned = lattice(surface.angle_deg + 90, surface.origin_nm, tip, raster)
        level, down = _terraces(surface.steps, tip, raster)
        found = found + (turned - found) * (down % 2) - STEP_NM * level
    return found + _features(surface.features, tip, raster)


def lattice(angle_deg: float, origin_nm: tuple[float, float], tip: Tip, raster: Raster) -> Floats:
    """Return (l, p) heights of one terrace in nm, mean 0.

    To first order in the corrugation, z = sum over G of F(G) T(G) cos(G r) / k, with F the structure factor of
    the two atoms of a dimer and T what reaches the tip.
    """
    turn = np.deg2rad(angle_deg)
    across, along = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    orders = np.array(_ORDERS)
    waves = (
        2 * np.pi * (np.outer(orders[:, 0] / ROW_NM, across) + np.outer(orders[:, 1] / DIMER_NM, along))
    )  # (m, 2)
    weights = np.cos(np.pi * orders[:, 0] * PAIR_NM / ROW_NM) * transfer(np.hypot(*waves.T), tip.distance_nm)
    apexes = (1 + tip.second * np.exp(-1j * (waves @ np.array(tip.apart_nm)))) / (1 + tip.second)
    start = waves @ np.array(origin_nm)
    over_lines = np.exp(1j * (np.outer(raster.x_line, waves[:, 0]) + np.outer(raster.y_line, waves[:, 1]) - start))
    over_pixels = np.exp(1j * (np.outer(waves[:, 0], raster.x_pixel) + np.outer(waves[:, 1], raster.y_pixel)))
    over_lines *= weights * apexes / DECAY_PER_NM
    return np.asarray(over_lines.real @ over_pixels.real - over_lines.imag @ over_pixels.imag)


def transfer(wave: Floats, distance_nm: float) -> Floats:
    """Return what reaches the tip of components with wave numbers in 1/nm (Tersoff and Hamann 1985), 0 to 1."""
    twice = 2 * DECAY_PER_NM
    return np.asarray(np.exp(-(np.sqrt(twice**2 + wave**2) - twice) * distance_nm))


def _terraces(steps: Sequence[Step], tip: Tip, raster: Raster) -> tuple[Floats, Floats]:
    """Return (l, p) layers down, smoothed by the tip, and the same as integers."""
    level, down = np.zeros((2, len(raster.x_line), len(raster.x_pixel)))
    for step in steps:
        turn = np.deg2rad(step.angle_deg)
        x, y = raster.x(), raster.y()
        beyond = x * np.cos(turn) + y * np.sin(turn) - step.at_nm
        along = (y * np.cos(turn) - x * np.sin(turn)) / ROW_NM
        kinks = len(step.kinks_nm)  # joined by straight lines, as a tip does not follow corners
        beyond -= np.interp(along, np.arange(kinks) - kinks // 2, step.kinks_nm)
        level += 0.5 + 0.5 * np.tanh(beyond / (0.3 * tip.radius_nm))
        down += beyond > 0
    return level, down


def _features(features: Sequence[Feature], tip: Tip, raster: Raster) -> Floats:
    """Return (l, p) heights of features above the lattice.

    A sphere of radius R that a spherical tip follows: h - (sqrt(r^2 + R^2) - R), down to the surface, where
    currents add (softplus of 2 k times it). Where features meet, the higher one is followed.
    """
    images = _images(features, tip)
    if not len(images):
        return np.zeros((len(raster.x_line), len(raster.x_pixel)))
    high, low = np.full((2, len(raster.x_line), len(raster.x_pixel)), -1.0)
    low += 1.0
    for (x, y, height, radius), *window in zip(images, *_windows(raster, images), strict=True):
        rows, columns = (slice(*edges) for edges in window)
        across = np.add.outer(raster.x_line[rows] - x, raster.x_pixel[columns])
        along = np.add.outer(raster.y_line[rows] - y, raster.y_pixel[columns])
        square = across * across + along * along
        if height > 0:
            best = high[rows, columns]
            np.maximum(best, height + radius - np.sqrt(square + radius**2), out=best)
        else:
            best = low[rows, columns]
            np.minimum(best, height * np.exp(-square / (0.5 * radius**2)), out=best)
    return np.asarray(
        np.maximum(high, 0) + np.log1p(np.exp(-2 * DECAY_PER_NM * np.abs(high))) / (2 * DECAY_PER_NM) + low
    )


def _images(features: Sequence[Feature], tip: Tip) -> Floats:
    """Return (i, 4) x, y, height and radius of each feature as each apex of a tip shows it."""
    apexes = [(0.0, 0.0, 0.0)]
    if np.isfinite(tip.ghost_depth_nm):
        apexes.append((*tip.ghost_nm, tip.ghost_depth_nm))
    if tip.second:
        apexes.append((*tip.apart_nm, -np.log(tip.second) / (2 * DECAY_PER_NM)))
    single = np.array([(one.x_nm, one.y_nm, one.height_nm, one.radius_nm) for one in features]).reshape(-1, 4)
    parts = []
    for dx, dy, depth in apexes:
        part = single + np.array([dx, dy, 0.0, tip.radius_nm])
        part[:, 2] -= np.sign(part[:, 2]) * depth
        parts.append(part[part[:, 2] * single[:, 2] > 0])
    return np.concatenate(parts)


def _windows(raster: Raster, images: Floats) -> tuple[Ints, Ints]:
    """Return (i, 2) first and last line and (i, 2) first and last pixel that each image reaches."""
    x, y, height, radius = images.T
    # heights beyond are below a picometre: 1 / (2 k) e^-5 beside a sphere, e^-6 of the depth beside a vacancy
    reach = np.where(height > 0, 1.5 * np.sqrt(2 * radius * np.abs(height)) + 0.3, 1.75 * radius)
    sideways = np.ptp(raster.x_line)  # lines are displaced by drift and jitter
    slow = raster.y_line + raster.y_pixel.mean()
    upward = len(slow) > 1 and slow[-1] < slow[0]
    slow, y = (-slow, -y) if upward else (slow, y)
    fast = raster.x_pixel + raster.x_line.mean()
    lines = np.searchsorted(slow, np.stack([y - reach, y + reach], axis=1))
    pixels = np.searchsorted(fast, np.stack([x - reach - sideways, x + reach + sideways], axis=1))
    return lines, pixels

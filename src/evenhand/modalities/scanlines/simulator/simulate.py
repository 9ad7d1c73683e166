"""One scan: a surface, a tip that may change on the way, and a scanner, from the first line to the last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from evenhand.base.values import Floats
from evenhand.modalities.scanlines.simulator.scanner import Scanner, electronics, moments, noise_of, raster
from evenhand.modalities.scanlines.simulator.surface import Raster, Surface, Tip, heights


@dataclass(frozen=True)
class TipFrom:
    """A tip from a line on.

    Attributes
    ----------
    line
        The first line scanned with it.
    tip
        The tip.
    jump_nm
        How much higher everything appears with it than with the first tip.
    shift_nm
        Where its end is beside that of the first tip, (x, y).
    """

    line: int
    tip: Tip
    jump_nm: float = 0.0
    shift_nm: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Setting:
    """Everything about a scan that is not noise.

    Attributes
    ----------
    lines, pixels
        Size of the frame.
    size_nm
        Its size, (width, height).
    scanned
        Lines that were scanned before it was stopped; None for all.
    upward
        Whether the first line is at the bottom.
    surface, scanner
        What is scanned, and by what.
    tips
        The first from line 0, each further one a tip change.
    unstable
        Expected number of stretches of lines per scan in which the tip jumps and comes back.
    lost
        Share of the scanned lines, from the end, on which the feedback has lost the surface.
    """

    lines: int = 96
    pixels: int = 96
    size_nm: tuple[float, float] = (8.0, 8.0)
    scanned: int | None = None
    upward: bool = False
    surface: Surface = field(default_factory=Surface)
    scanner: Scanner = field(default_factory=Scanner)
    tips: Sequence[TipFrom] = (TipFrom(0, Tip()),)
    unstable: float = 0.0
    lost: float = 0.0


@dataclass(frozen=True)
class Scan:
    """A scan as an instrument records it.

    Attributes
    ----------
    forward, backward
        (l, p) float32 heights in nm, lines in the order of time, pixels from left to right, NaN where nothing was
        scanned.
    setting
        What it is a scan of.
    """

    forward: npt.NDArray[np.float32]
    backward: npt.NDArray[np.float32]
    setting: Setting

    @property
    def tip_changes(self) -> tuple[int, ...]:
        """First lines of new tips, in the order of time."""
        return tuple(one.line for one in self.setting.tips[1:])

    @property
    def scanned(self) -> int:
        """Number of lines that were scanned."""
        return self.setting.lines if self.setting.scanned is None else self.setting.scanned


def simulate(setting: Setting, rng: np.random.Generator) -> Scan:
    """Return a scan; the same setting and generator give the same scan."""
    scanner, lines, pixels = setting.scanner, setting.lines, setting.pixels
    jitter, level = rng.standard_normal((2, lines))
    noise = noise_of(scanner, lines, pixels, rng)
    streaks = _streaks(setting, rng)
    lost = round(setting.lost * lines)
    both = []
    for backward in (False, True):
        when = moments(scanner, lines, pixels, backward=backward)
        where = raster(scanner, setting.size_nm, when, jitter, upward=setting.upward, backward=backward)
        followed = _surface(setting, where) + streaks[int(backward)]
        seconds = np.add.outer(when.line, when.pixel)
        followed += scanner.tilt[0] * where.x() + scanner.tilt[1] * where.y()
        followed += scanner.drift_nm_per_min[2] / 60 * seconds + (scanner.jitter_nm * level)[:, None]
        if lost:  # the tip is fully retracted
            followed[lines - lost :] = followed[: lines - lost].max(initial=0.0) + 1.0
        recorded = electronics(scanner, followed, noise[int(backward)], when, backward=backward).astype(np.float32)
        if setting.scanned is not None:
            recorded[setting.scanned :] = np.nan
        both.append(recorded)
    return Scan(both[0], both[1], setting)


def flattened(heights_nm: Floats | npt.NDArray[np.float32]) -> Floats:
    """Return (l, p) heights less a straight line fitted to each line; lines that were not scanned stay NaN."""
    along = np.linspace(-1.0, 1.0, heights_nm.shape[1])
    flat = heights_nm - heights_nm.mean(axis=1, keepdims=True, dtype=np.float64)
    return np.asarray(flat - np.outer(flat @ along / (along @ along), along))


def picture(heights_nm: Floats | npt.NDArray[np.float32], *, levels: int = 40) -> npt.NDArray[np.uint8]:
    """Return (l, p) uint8 as in published sets of scans: scanned lines, flattened, stretched, rounded to levels.

    The range of a scan is that from its 0.5th to its 99.5th percentile; true heights are lost.
    """
    scanned = heights_nm[np.isfinite(heights_nm).all(axis=1)]
    if not len(scanned):
        return np.zeros((1, heights_nm.shape[1]), dtype=np.uint8)
    flat = flattened(scanned)
    low, high = np.percentile(flat, (0.5, 99.5))
    share = np.clip((flat - low) / max(high - low, 1e-6), 0, 1)
    return np.asarray(np.rint(share * levels) * (240 // levels), dtype=np.uint8)


def _surface(setting: Setting, where: Raster) -> Floats:
    """Return (l, p) heights of the surface as the tips follow it, one after the other."""
    parts = []
    ends = [*(one.line for one in setting.tips[1:]), setting.lines]
    for one, end in zip(setting.tips, ends, strict=True):
        part = where.lines(one.line, end)
        shifted = replace(part, x_line=part.x_line + one.shift_nm[0], y_line=part.y_line + one.shift_nm[1])
        parts.append(heights(setting.surface, one.tip, shifted) + one.jump_nm)
    return np.concatenate(parts)


def _streaks(setting: Setting, rng: np.random.Generator) -> Floats:
    """Return (2, l, p) jumps of the tip that last part of a line, forward and backward, in nm.

    They gather at tip changes, where a third of them is.
    """
    found = np.zeros((2, setting.lines, setting.pixels))
    changes = [one.line for one in setting.tips[1:]]
    for _ in range(rng.poisson(setting.unstable)):
        near = bool(changes) and rng.random() < 1 / 3
        line = int(rng.choice(changes)) - int(rng.integers(3)) if near else int(rng.integers(setting.lines))
        first = int(rng.integers(setting.pixels))
        length = 1 + int(rng.exponential(setting.pixels / 6))
        found[int(rng.integers(2)), max(line, 0), first : first + length] += rng.normal(0, 0.2 if near else 0.05)
    return found

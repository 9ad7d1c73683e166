"""Sessions: days at an instrument, each with its own drift, noise and tips, on which scans follow one another.

A session is a series of runs: a frame is chosen, scanned several times while it drifts, and left. The tip lasts
from scan to scan until it changes. So scans of a run look alike, scans of a day have something in common, and a
split at random puts near-copies on both sides, as it does on real data.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from evenhand.modalities.scanlines.simulator.scanner import Scanner
from evenhand.modalities.scanlines.simulator.simulate import Setting, TipFrom
from evenhand.modalities.scanlines.simulator.surface import ROW_NM, Feature, Step, Surface, Tip

_ENDS_NM = (0.22, 0.42, 0.87, 1.6)
"""Distances of the ends that tips have: one that shows atoms, dimers, rows, nothing."""
_END_SHARES = (0.08, 0.45, 0.36, 0.11)
_FIRST_DAY = datetime.date(2031, 3, 3)
_FIELDS_NM = (3.0, 4.0, 5.0, 6.5, 8.0, 12.0, 20.0)
_FIELD_SHARES = (0.12, 0.28, 0.24, 0.18, 0.10, 0.05, 0.03)


@dataclass(frozen=True)
class Session:
    """Habits of one day.

    Attributes
    ----------
    date
        ISO date, the name of the group.
    angle_deg
        Direction across the rows of the upper terrace.
    ends
        Share of its tips with each of the ends that tips have.
    restless
        Probability that the tip changes during a scan.
    doubled
        Probability that a new tip has a second apex.
    dirt_per_nm2
        Density of adsorbates.
    widest_nm
        Widest frame; wider ones are drawn as this.
    scanner
        The instrument on that day; noise and tilt vary from scan to scan.
    """

    date: str
    angle_deg: float
    ends: tuple[float, ...]
    restless: float
    doubled: float
    dirt_per_nm2: float
    widest_nm: float
    scanner: Scanner


@dataclass(frozen=True)
class Planned:
    """A scan of a session before it is made: run and cycle are counted from 1."""

    run: int
    cycle: int
    setting: Setting


def draw_session(number: int, rng: np.random.Generator, *, difficulty: float = 1.0) -> Session:
    """Return the habits of the session of a number, from 0.

    Parameters
    ----------
    difficulty
        1 for scans as dirty and noisy as published ones, less for fewer adsorbates, less noise and no wide frames.
    """
    day = _FIRST_DAY + datetime.timedelta(days=number + 2 * (number // 5))
    scanner = Scanner(
        line_time_s=float(rng.choice([0.1, 0.2, 0.3, 0.5])),
        drift_nm_per_min=(float(rng.normal(0, 0.15)), float(rng.normal(0, 0.15)), float(rng.normal(0, 0.02))),
        creep=float(rng.uniform(0.005, 0.03)),
        hysteresis=float(rng.uniform(0.003, 0.02)),
        jitter_nm=float(0.008 * rng.lognormal(0, 0.6)),
        noise_nm=float(0.0016 * (0.3 + 0.7 * difficulty) * rng.lognormal(0, 0.6)),
        knee_hz=float(rng.uniform(10, 300)),
        mains_nm=float(rng.choice([0.0, 0.0, 0.001, 0.004])),
        feedback_pixels=float(rng.uniform(1.0, 2.4)),
        damping=float(rng.uniform(0.45, 1.0)),
    )
    return Session(
        date=day.isoformat(),
        angle_deg=float(rng.choice([45.0, 8.0, 8.0, 135.0]) + rng.normal(0, 3)),
        ends=tuple(rng.dirichlet(6 * np.array(_END_SHARES)).tolist()),
        restless=float(rng.uniform(0.05, 0.25)),
        doubled=float(rng.uniform(0.1, 0.4)),
        dirt_per_nm2=float(0.025 * difficulty * rng.lognormal(0, 0.7)),
        widest_nm=max(_FIELDS_NM) if difficulty >= 1 else 6.5,
        scanner=scanner,
    )


def scans_of(session: Session, rng: np.random.Generator, *, lines: int, pixels: int) -> Iterator[Planned]:
    """Yield the scans of a session, without end."""
    tip, run = _draw_tip(session, rng), 0
    while True:
        run += 1
        chosen = min(session.widest_nm, float(rng.choice(_FIELDS_NM, p=_FIELD_SHARES)))
        size = chosen * float(rng.uniform(0.95, 1.05))
        surface = draw_surface(session, size, rng)
        moved = rng.normal(0, size, 2)
        if rng.random() < 0.3:
            tip = _draw_tip(session, rng)
        for cycle in range(1, 2 + int(rng.geometric(0.18))):
            surface = _drifted(surface, rng.normal(0, 0.05 * size, 2), rng)
            tips = _tips(session, tip, lines, rng)
            scanner = replace(
                session.scanner,
                moved_nm=(float(moved[0]), float(moved[1])) if cycle == 1 else (0.0, 0.0),
                noise_nm=session.scanner.noise_nm * float(rng.lognormal(0, 0.4)),
                tilt=(float(rng.normal(0, 0.01)), float(rng.normal(0, 0.01))),
            )
            yield Planned(
                run,
                cycle,
                Setting(
                    lines,
                    pixels,
                    (size, size * lines / pixels),
                    scanned=int(rng.integers(1, lines)) if rng.random() < 0.045 else None,
                    surface=surface,
                    scanner=scanner,
                    tips=tips,
                    unstable=float(rng.exponential(2.0)) + 8 * (len(tips) > 1) + 30 * float(rng.random() < 0.05),
                    lost=float(rng.uniform(0.2, 1)) if rng.random() < 0.015 else 0.0,
                ),
            )
            tip = replace(tips[-1].tip)


def draw_surface(session: Session, size_nm: float, rng: np.random.Generator) -> Surface:
    """Return a frame of the surface: adsorbates in heaps, dangling bonds, vacancies, and a step in wide frames."""
    area = (1.4 * size_nm) ** 2
    features: list[Feature] = []

    def place() -> tuple[float, float]:
        x, y = rng.uniform(-0.7 * size_nm, 0.7 * size_nm, 2)
        return float(x), float(y)

    for _ in range(rng.poisson(min(session.dirt_per_nm2 * area, 40))):
        x, y = place()
        height = float(0.22 * rng.lognormal(0, 0.5))
        for _ in range(1 + rng.poisson(1.2)):
            dx, dy = rng.normal(0, 0.5, 2)
            features.append(
                Feature(x + dx, y + dy, height * float(rng.uniform(0.6, 1)), float(rng.uniform(0.3, 2.4)))
            )
    for _ in range(rng.poisson(min(0.01 * area, 25))):
        features.append(Feature(*place(), float(rng.uniform(0.08, 0.2)), 0.1))
    for _ in range(rng.poisson(min(0.015 * area, 40))):
        features.append(Feature(*place(), -float(rng.uniform(0.02, 0.1)), float(rng.uniform(0.0, 0.4))))
    steps = []
    if rng.random() < min(0.5, (size_nm / 20) ** 2):
        kinks = ROW_NM * np.cumsum(rng.integers(-1, 2, 2 * int(1.5 * size_nm / ROW_NM) + 1))
        kinks -= kinks[len(kinks) // 2]
        turn = session.angle_deg + float(rng.choice([0.0, 90.0]))
        at = float(rng.uniform(-0.3, 0.3) * size_nm)
        steps.append(Step(turn, at, tuple(kinks.tolist())))
    x, y = place()
    return Surface(session.angle_deg + 90 * int(rng.random() < 0.15), (x, y), tuple(features), tuple(steps))


def _drifted(
    surface: Surface, move: np.ndarray[tuple[int], np.dtype[np.float64]], rng: np.random.Generator
) -> Surface:
    """Return what a frame shows after the sample has moved by (x, y); now and then a feature comes or goes."""
    dx, dy = (float(one) for one in move)
    kept = [replace(one, x_nm=one.x_nm + dx, y_nm=one.y_nm + dy) for one in surface.features if rng.random() > 0.02]
    steps = []
    for step in surface.steps:
        turn = np.deg2rad(step.angle_deg)
        steps.append(replace(step, at_nm=step.at_nm + dx * float(np.cos(turn)) + dy * float(np.sin(turn))))
    x, y = surface.origin_nm
    return replace(surface, origin_nm=(x + dx, y + dy), features=tuple(kept), steps=tuple(steps))


def _draw_tip(session: Session, rng: np.random.Generator) -> Tip:
    """Return a tip of a session."""
    doubled, ghost = rng.random() < session.doubled, rng.random() < 0.4
    distance = float(rng.choice(_ENDS_NM, p=session.ends) * rng.lognormal(0, 0.18))
    turn, far = rng.uniform(0, 2 * np.pi, 2)
    apart, ghosted = rng.uniform(0.12, 0.3), rng.uniform(0.6, 2.0)
    return Tip(
        distance_nm=distance,
        second=float(rng.uniform(0.4, 0.95)) if doubled else 0.0,
        apart_nm=(float(apart * np.cos(turn)), float(apart * np.sin(turn))),
        radius_nm=0.35 + 0.5 * distance,
        ghost_nm=(float(ghosted * np.cos(far)), float(ghosted * np.sin(far))),
        ghost_depth_nm=float(rng.uniform(0.02, 0.2)) if ghost else np.inf,
    )


def _tips(session: Session, tip: Tip, lines: int, rng: np.random.Generator) -> tuple[TipFrom, ...]:
    """Return the tips of a scan; one that changes may change again, and often back."""
    found = [TipFrom(0, tip)]
    if rng.random() < session.restless:
        line = int(rng.integers(max(1, lines // 12), lines - lines // 12))
        found.append(_changed(session, tip, line, rng))
        later = line + 2 + int(rng.geometric(6 / lines))
        if rng.random() < 0.3 and later < lines - 2:
            found.append(TipFrom(later, tip) if rng.random() < 0.6 else _changed(session, tip, later, rng))
    return tuple(found)


def _changed(session: Session, tip: Tip, line: int, rng: np.random.Generator) -> TipFrom:
    """Return another tip from a line on: as sharp or not, its end elsewhere, higher or lower."""
    new = _draw_tip(session, rng) if rng.random() < 0.6 else tip
    shift, jump = rng.normal(0, 1.2, 2), rng.normal(0, 0.12)
    return TipFrom(line, new, float(jump), (float(shift[0]), float(shift[1])))

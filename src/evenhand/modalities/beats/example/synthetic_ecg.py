"""Synthetic ECG: a simple model of a patient with occasional early beats.

Each wave (P, Q, R, S, T) is a Gaussian at a fixed time from the R peak, as in McSharry, Clifford, Tarassenko and
Smith 2003 ("A dynamical model for generating synthetic electrocardiogram signals"), table 1, without the
differential equation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

RATE = 250
"""Samples per second."""

# Wave: (time after the R peak in s, width in s, height in mV in MLII, height in mV in V1)
_NORMAL = np.array([
    (-0.17, 0.025, 0.14, 0.07), (-0.030, 0.010, -0.12, 0.05), (0.0, 0.011, 1.10, 0.25),
    (0.030, 0.011, -0.25, -0.85), (0.27, 0.050, 0.28, 0.12),
])  # fmt: skip
_BROAD = np.array([
    (-0.17, 0.025, 0.0, 0.0), (-0.060, 0.020, -0.30, 0.10), (0.0, 0.038, 1.45, 1.00),
    (0.075, 0.030, -0.60, -0.50), (0.30, 0.065, -0.45, -0.30),
])  # fmt: skip


@dataclass(frozen=True, eq=False)
class Patient:
    """The parameters of one patient's beats.

    Attributes
    ----------
    rr_s
        Usual RR interval, seconds.
    normal, broad
        (5, 4) waves of a normal and of a ventricular beat.
    early
        Share of the usual interval after which an early beat comes.
    noise_mv, sway_mv
        Standard deviation of the noise; amplitude of the baseline wander.
    """

    rr_s: float
    normal: Values
    broad: Values
    early: float
    noise_mv: float
    sway_mv: float


def draw_patient(rng: np.random.Generator, difficulty: float) -> Patient:
    """Return a patient; at difficulty 1 early beats are hardly early, broad ones hardly broad, and all is noisy."""
    normal = _NORMAL * rng.normal(1.0, 0.12, _NORMAL.shape)
    broad = _BROAD * rng.normal(1.0, 0.15, _BROAD.shape)
    likeness = rng.uniform(0, 0.7) * difficulty
    return Patient(
        rr_s=float(rng.uniform(0.6, 1.05)),
        normal=normal,
        broad=(1 - likeness) * broad + likeness * normal,
        early=float(np.clip(rng.normal(0.60 + 0.28 * difficulty, 0.05), 0.45, 0.97)),
        noise_mv=float(rng.uniform(0.01, 0.03) * (1 + 4 * difficulty)),
        sway_mv=float(rng.uniform(0.02, 0.2)),
    )


def signals(
    classes: Sequence[str], patient: Patient, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], Values]:
    """Return (b,) int64 samples of the R peaks of beats, and (T, 2) float64 signals MLII and V1 in mV.

    Parameters
    ----------
    classes
        (b,) of N, S (early), V (early and broad) and O (half broad), in order.
    """
    at_s = _times(classes, patient, rng)
    length = int((at_s[-1] + 1.0) * RATE)
    values = _background(length, patient, rng)
    for place, name in zip(at_s, classes, strict=True):
        _add(values, place, _waves(name, patient, rng))
    return np.round(at_s * RATE).astype(np.int64), values


def _times(classes: Sequence[str], patient: Patient, rng: np.random.Generator) -> Values:
    """Return (b,) seconds; after an early beat comes a pause, fully compensatory after V and shorter after S."""
    breathing = 1 + 0.04 * np.sin(np.arange(len(classes)) * rng.uniform(0.8, 1.6) + rng.uniform(0, 6))
    usual = patient.rr_s * breathing * rng.normal(1, 0.02, len(classes))
    factor = np.ones(len(classes))
    for at, name in enumerate(classes):
        if name in ("S", "V"):
            factor[at] *= patient.early * rng.normal(1, 0.04)
        elif name == "O":
            factor[at] *= rng.normal(0.93, 0.03)
        before = classes[at - 1] if at else "N"
        if before == "V" and name not in ("S", "V"):
            factor[at] *= 2 - patient.early
        elif before == "S" and name not in ("S", "V"):
            factor[at] *= 1 + 0.3 * (1 - patient.early)
    return np.asarray(1.0 + np.cumsum(usual * np.clip(factor, 0.4, 1.8)))


def _waves(name: str, patient: Patient, rng: np.random.Generator) -> Values:
    waves = {"V": patient.broad, "O": (patient.normal + patient.broad) / 2}.get(name, patient.normal).copy()
    if name == "S":
        waves[0, 2:] *= -0.4  # the impulse starts elsewhere in the atria: the P wave is inverted
        waves[0, 0] *= 0.8
    waves[:, 2:] *= rng.normal(1, 0.05)
    return waves


def _add(values: Values, place: float, waves: Values, *, reach_s: float = 0.6) -> None:
    start = max(0, int((place - reach_s) * RATE))
    stop = min(len(values), int((place + reach_s) * RATE))
    t = np.arange(start, stop) / RATE - place
    for after, width, high, high_v1 in waves:
        bell = np.exp(-((t - after) ** 2) / (2 * width**2))
        values[start:stop, 0] += high * bell
        values[start:stop, 1] += high_v1 * bell


def _background(length: int, patient: Patient, rng: np.random.Generator) -> Values:
    t = np.arange(length) / RATE
    sway = patient.sway_mv * np.sin(2 * np.pi * rng.uniform(0.1, 0.35, 2) * t[:, None] + rng.uniform(0, 6, 2))
    return np.asarray(sway + rng.normal(0, patient.noise_mv, (length, 2)))

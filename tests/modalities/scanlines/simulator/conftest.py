"""A scan without noise, on which physics can be measured."""

from __future__ import annotations

import pytest

from evenhand.testing.scans import Scanner


@pytest.fixture
def quiet() -> Scanner:
    """Return a scanner without noise, drift, creep, hysteresis, tilt or lag."""
    return Scanner(
        creep=0.0, hysteresis=0.0, jitter_nm=0.0, noise_nm=0.0, knee_hz=0.0, feedback_pixels=0.05, damping=1.0
    )

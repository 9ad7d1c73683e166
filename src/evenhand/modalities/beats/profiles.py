"""Augmentation profiles of heartbeats, by name; without torch, as configurations are checked against the names."""

from __future__ import annotations

from collections.abc import Mapping

Profile = Mapping[str, float]
"""Name of an augmentation -> strength, in the order in which they are applied."""

PROFILES: dict[str, Profile] = {
    "none": {},
    "gentle": {"scale": 0.5, "wander": 0.5, "jitter": 0.5},
    "full": {"shift": 1.0, "scale": 1.0, "wander": 1.0, "jitter": 1.0},
}
"""Values of `augment` and `view_profile`."""

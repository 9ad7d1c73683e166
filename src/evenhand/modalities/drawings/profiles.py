"""Augmentation profiles of drawings, by name; without torch, as configurations are checked against the names."""

from __future__ import annotations

from collections.abc import Mapping

Profile = Mapping[str, float]
"""Name of an augmentation -> strength."""

_FULL: Profile = {"rotate": 0.5, "stretch": 1.0, "jitter": 1.0, "drop": 1.0, "mirror": 1.0, "turn": 1.0}
PROFILES: dict[str, Profile] = {
    "none": {},
    "gentle": {"rotate": 0.25, "stretch": 0.5, "jitter": 0.5, "drop": 0.5},
    "mirror": {"rotate": 0.25, "stretch": 0.5, "jitter": 0.5, "drop": 0.5, "mirror": 1.0},
    "full": _FULL,
    "strong": {**_FULL, "scale": 1.0, "edges": 1.0},
}
"""Values of `augment` and `view_profile`. Only "full" and "strong" turn a drawing on its side."""

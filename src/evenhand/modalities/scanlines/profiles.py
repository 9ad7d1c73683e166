"""Augmentation profiles of scan lines, by name; without torch, as configurations are checked against the names."""

from __future__ import annotations

from collections.abc import Mapping

Profile = Mapping[str, float]
"""Name of an augmentation -> strength, in the order in which they are applied."""

PROFILES: dict[str, Profile] = {
    "none": {},
    "flip": {"flip": 1.0},
    "gentle": {"flip": 1.0, "offset": 0.5, "slope": 0.5, "noise": 0.5, "drop": 0.5},
    "full": {"flip": 1.0, "offset": 1.0, "slope": 1.0, "noise": 1.0, "drop": 1.0},
    "splice": {"flip": 1.0, "splice": 1.0, "offset": 1.0, "slope": 1.0, "noise": 1.0, "drop": 1.0},
}
"""Values of `augment` and `view_profile`. None of them changes the order of lines."""

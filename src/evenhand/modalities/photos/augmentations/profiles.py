"""Augmentation profiles of photos, by name; without torch, as configurations are checked against the names."""

from __future__ import annotations

from collections.abc import Mapping

Profile = Mapping[str, float]
"""Name of an augmentation -> strength, in the order in which they are applied."""

GEOMETRY: Profile = {"crop": 1.0, "flip": 1.0, "rotate": 0.5}
NO_COLOR: Profile = {**GEOMETRY, "blur": 0.5, "brightness_contrast": 1.0, "noise": 0.5, "jpeg": 0.5, "erase": 1.0}
FULL: Profile = {**GEOMETRY, "blur": 1.0, "brightness_contrast": 1.0, "hue_saturation": 1.0, "noise": 1.0,
                 "jpeg": 1.0, "erase": 1.0}  # fmt: skip

PROFILES: dict[str, Profile] = {
    "none": {},
    "mirror": {"mirror": 1.0},
    "geometry": GEOMETRY,
    "no_color": NO_COLOR,
    "full": FULL,
}
"""Values of `augment` and `view_profile`; "mirror" is for two views, the picture and its mirror image."""

"""Calibrators, a file each; found by name, also those of other packages (`evenhand.calibrators`)."""

from evenhand.base.registry import Registry
from evenhand.blending.core.calibrator import Calibrator

CALIBRATORS: Registry[type[Calibrator]] = Registry(
    "calibrator", group="evenhand.calibrators", package="evenhand.blending.calibrators"
)

__all__ = ["CALIBRATORS"]

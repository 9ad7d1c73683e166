"""Blending methods, a file each; found by name, also those of other packages (`evenhand.blends`)."""

from evenhand.base.registry import Registry
from evenhand.blending.core.method import Method

METHODS: Registry[type[Method]] = Registry("blend", group="evenhand.blends", package="evenhand.blending.methods")

__all__ = ["METHODS"]

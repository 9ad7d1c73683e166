"""Ways of blending, a file each; found by name, also those of other packages (`evenhand.blends`)."""

from evenhand.base.registry import Registry
from evenhand.ensemble.method import Method

METHODS: Registry[type[Method]] = Registry("blend", group="evenhand.blends", package="evenhand.ensemble.methods")

__all__ = ["METHODS"]

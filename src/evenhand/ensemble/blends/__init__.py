"""Ways of weighting models, a file each; found by name, also those of other packages (`evenhand.blends`)."""

from evenhand.base.registry import Registry
from evenhand.ensemble.weights import Weigh

BLENDS: Registry[Weigh] = Registry("blend", group="evenhand.blends", package="evenhand.ensemble.blends")

__all__ = ["BLENDS"]

"""Pairs: a picture and a text in each row of a table; either may be missing."""

from evenhand.modalities.pairs.kind import Pairs

__all__ = ["Pairs"]

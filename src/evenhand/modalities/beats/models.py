"""Encoders of heartbeats; importing this files them."""

from evenhand.modalities.beats.features import Measured
from evenhand.modalities.beats.neighbours import Neighbours
from evenhand.modalities.beats.resnet1d import Beside
from evenhand.modalities.beats.transformer1d import Tokens

__all__ = ["Beside", "Measured", "Neighbours", "Tokens"]

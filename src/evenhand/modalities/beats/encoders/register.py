"""Encoders of heartbeats; importing this registers them."""

from evenhand.modalities.beats.encoders.neighbours_encoder import NeighboursEncoder
from evenhand.modalities.beats.encoders.resnet1d import Beside
from evenhand.modalities.beats.encoders.rhythm_encoder import Measured
from evenhand.modalities.beats.encoders.transformer1d import Tokens

__all__ = ["Beside", "Measured", "NeighboursEncoder", "Tokens"]

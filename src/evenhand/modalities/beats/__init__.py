"""Heartbeats: WFDB records with annotations, one row per beat."""

from evenhand.modalities.beats.kind import Beats

__all__ = ["Beats"]

"""Heartbeats: WFDB records with annotations, or windows cut by other programs; one row per beat."""

from evenhand.modalities.beats.kind import Beats

__all__ = ["Beats"]

"""Towers by name: encoders of one half of a pair."""

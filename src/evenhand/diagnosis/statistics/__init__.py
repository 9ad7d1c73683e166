"""Tests and measures that rules share."""

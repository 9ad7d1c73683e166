"""Encoders of heartbeats."""

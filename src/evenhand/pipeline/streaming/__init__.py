"""Predictions while rows arrive."""

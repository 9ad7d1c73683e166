"""Encoders by name and where they come from."""

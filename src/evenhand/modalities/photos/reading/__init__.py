"""Decoding of photos to arrays of one size, without torch."""

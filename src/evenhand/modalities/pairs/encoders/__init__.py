"""Encoders of pairs: pictures and texts to features."""

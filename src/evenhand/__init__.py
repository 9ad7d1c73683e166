"""Evenhand: train classifiers on small, skewed, grouped data, and learn what their numbers are worth."""

__version__ = "0.1.0"

"""Comparing runs and predictions."""

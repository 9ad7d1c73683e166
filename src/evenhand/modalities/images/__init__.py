"""Shared by every kind of data with pictures: inputs, near-duplicates, statistics of pictures."""

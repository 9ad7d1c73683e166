"""Samplers, one a file: how often the rows of each class are drawn."""

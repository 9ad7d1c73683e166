"""Measures of pairs that need no model: words, likeness, what gives a label away."""

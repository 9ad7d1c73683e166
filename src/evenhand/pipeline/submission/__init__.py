"""Submissions: written like a sample, gated, uploaded, logged."""

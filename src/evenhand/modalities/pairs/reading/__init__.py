"""Pairs from a table, and their halves as arrays; without torch."""

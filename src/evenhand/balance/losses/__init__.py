"""Losses, one a file; the words are known without torch, the arithmetic needs it."""

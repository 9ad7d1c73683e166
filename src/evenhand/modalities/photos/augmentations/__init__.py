"""Augmentations of photos by name, and profiles of them."""

"""Versions of data: views of one table by what a review decided, and how two versions differ."""

"""The bootstrap, and intervals of figures and of differences."""

"""Learning-rate schedules, one a file; known by name without torch."""

"""Learning curves of runs and of foreign logs, and rankings over many of them."""

"""Learning curves: read from logs of any origin, and what they show. Sees no model and no torch."""

"""The log of decisions: events, the file that holds them, and the state that they add up to."""

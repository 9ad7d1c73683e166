"""Rules about figures: what they are worth."""

"""From the prior that was trained under to the one that probabilities stand for."""

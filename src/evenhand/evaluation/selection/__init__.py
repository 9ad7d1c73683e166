"""What the choice of the best model or ensemble does to its figure."""

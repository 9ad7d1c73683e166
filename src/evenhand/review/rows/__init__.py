"""The rows that are reviewed: labels, probabilities with their source, findings, duplicates and pictures."""

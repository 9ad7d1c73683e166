"""Ablations: a base and its changes as runs on the same folds, compared pair by pair."""

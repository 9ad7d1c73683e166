"""Rules about how rows are divided: groups, folds, the locked test."""

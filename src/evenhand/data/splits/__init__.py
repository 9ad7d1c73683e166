"""Folds and locked tests: stratified, in whole groups."""

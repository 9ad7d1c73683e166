"""Stratified folds and locked tests of whole groups."""

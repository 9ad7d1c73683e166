"""Predictions and labels from files, arrays and records, of any number of rows."""

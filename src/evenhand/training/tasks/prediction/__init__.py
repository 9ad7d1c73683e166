"""Predictions by the networks of a record: for new rows, for the first steps of rows, and features in between."""

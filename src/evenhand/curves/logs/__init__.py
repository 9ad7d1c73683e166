"""Logs of training by other programs: recognised by their content, read to the same values."""

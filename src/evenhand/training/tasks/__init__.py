"""Tasks: one model on one fold with one seed, from the record to the record."""

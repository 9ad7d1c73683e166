"""Tasks: one model on one fold with one seed; they read the record and write into it."""

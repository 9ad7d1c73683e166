"""The verbs, as functions: one file each."""

"""Text of other people: cells of tables, names that are safe to show, names as numbers."""

"""Text from outside: cells of tables, escaping of names, names as integer codes."""

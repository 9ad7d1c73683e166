"""Sections of the configuration: declared next to the code that uses them, read from TOML."""

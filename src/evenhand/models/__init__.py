"""Encoders by name, heads, freezing: what all kinds of data share. `config` and `weight_packages` need no torch."""

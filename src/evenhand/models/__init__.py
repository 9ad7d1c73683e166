"""Encoders by name, heads, freezing: what all kinds of data share. Only `config` is free of torch."""

"""Where work is done: local processes. Engines run a named function on plain values and know no machine learning."""

"""Where work is done: local processes that run a named function on plain values and know no machine learning."""

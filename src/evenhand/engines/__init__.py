"""Execution of work: local processes that run a named function on plain values, independent of machine learning."""

"""Graphs of drawings: primitives as nodes, their relations as typed edges."""

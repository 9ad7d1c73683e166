"""Corrections carried out on files and tables: planned, journaled, validated, and undone bit for bit."""

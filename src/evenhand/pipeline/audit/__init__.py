"""Auditing a figure: holdouts, groups, and refitting without the groups that are evaluated."""

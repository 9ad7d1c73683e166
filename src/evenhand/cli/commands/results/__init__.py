"""Verbs on what a run or somebody else left: evaluated, compared, audited, diagnosed, blended, reported."""

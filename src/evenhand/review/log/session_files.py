"""Where a session keeps its files: in one folder beside the runs, unless another is named."""

from __future__ import annotations

FOLDER = "review"
"""The folder of a session below the output folder, where the records are."""
LOG = "decisions.jsonl"
PLANTED = "planted.csv"
"""Rows of known class among the others."""
CORRECTIONS = "corrections.csv"
"""The decisions as a table that `[data] corrections` names."""
VERSIONS = "versions"
"""A folder for views of the data as tables of corrections, and their summary."""
NEW_ROWS = "new_rows.parquet"
"""Probabilities of rows that are new since the run; they can be made again."""
APPLIED = "applied"
"""A folder for every change of the data: journal, backup and quarantine."""
KEPT = "rows.parquet"
"""The rows as they were read last, to open the page at once; it may be deleted at any time."""

"""What was found about the rows of a configuration by the latest check of it."""

from __future__ import annotations

import json
from pathlib import Path

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import json_lines
from evenhand.base.storage.files.regular_file import read_regular_text
from evenhand.base.values import Finding

CHECKED = "findings.jsonl"
"""The file that `evenhand check` writes below the output folder."""


def checked_findings(output: Path) -> tuple[Finding, ...]:
    """Return the findings of the latest `evenhand check`; none if there was no check.

    Rows are named by ids, so that findings about other data in the same folder concern none of these rows.

    Parameters
    ----------
    output
        The output folder of a configuration.

    Raises
    ------
    DataError
        If the file does not hold findings.
    """
    path = output / CHECKED
    try:
        text = read_regular_text(path)
        return tuple(Finding.from_document(json.loads(line)) for line in json_lines(text) if line)
    except FileNotFoundError:
        return ()
    except (OSError, AttributeError, TypeError, ValueError):
        raise DataError(
            f"{path} does not hold findings; delete it, or write it anew with `evenhand check`."
        ) from None

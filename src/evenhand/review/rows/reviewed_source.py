"""What a review may be of: a run as it is, or a configuration with a run beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evenhand.base.errors import DataError


def check_source(source: Path, *, changes: Sequence[str], run: Path | None) -> None:
    """Raise `DataError` if a run is to be reviewed with changes of its configuration, or beside another run."""
    if source.is_dir() and (run is not None or changes):
        raise DataError("--run and --set go with a configuration; a run is reviewed as it is.")

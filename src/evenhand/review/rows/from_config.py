"""The rows of a configuration as they are now, with or without a run of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evenhand.base.storage.record import Record
from evenhand.base.values import Finding
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import root_of
from evenhand.review.rows.from_record import with_record
from evenhand.review.rows.review_rows import ReviewRows
from evenhand.settings.load import load


class ReviewedData(DataConfig):
    """[data] as it is reviewed: a class that is too rare to train on, or alone, is looked through too."""

    @property
    def least_classes(self) -> int:
        """One: nothing is trained on these rows."""
        return 1


def from_config(
    config: str | Path | Mapping[str, Any],
    *,
    changes: Sequence[str] = (),
    record: str | Path | Record | None = None,
    model: str | None = None,
    reported: Sequence[Finding] = (),
) -> ReviewRows:
    """Return the rows that a configuration names. Nothing is decoded: a row that cannot be is reviewed too.

    So are rows of classes below `data.min_count`, and rows of a single class.

    Parameters
    ----------
    config
        A TOML file, or a mapping of the same shape; [[model]] is not needed.
    changes
        `KEY=VALUE` assignments over it.
    record
        A run whose held-out probabilities and findings are shown for the rows that were in it, of the same id and
        bytes.
    model
        The model or blend of the run; by default its best.
    reported
        Findings about the rows (`evenhand.check(config).findings`), beside those of reading.

    Raises
    ------
    ConfigError, DataError, RecordError
        If the configuration, the data or the record cannot be read.
    """
    settings = load(config, changes=changes)
    data = ReviewedData.model_validate({**settings.data.model_dump(), "min_count": 1})
    samples, findings = settings.kind.samples(root_of(data), data, settings.kind_config)
    # A check repeats what reading finds.
    every = {_key(finding): finding for finding in (*findings, *reported)}
    run = None if record is None else Record.open(record)
    folds = run.folds() if run is not None and run.wrote("folds.csv") else None
    rows = ReviewRows.of(
        samples,
        folds=folds,
        reported=tuple(every.values()),
        truth_threshold=settings.evaluate.truth_threshold,
    )
    return rows if run is None else with_record(rows, run, model=model)


def _key(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.about, finding.message

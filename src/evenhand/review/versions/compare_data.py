"""How the data of two runs or configurations differ, or of one under two tables of corrections."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evenhand.base.errors import DataError
from evenhand.base.storage.record import Record
from evenhand.base.values import Folds, Samples
from evenhand.data.roots.root import root_of
from evenhand.review.rows.from_config import ReviewedData
from evenhand.review.versions.differences import VersionDifferences, version_differences
from evenhand.settings.load import Settings, load

Version = str | Path | Record | Mapping[str, Any]


def compare_data(before: Version, after: Version) -> VersionDifferences:
    """Return how the data of two runs or configurations differ, row by row; nothing is decoded or predicted.

    Parameters
    ----------
    before
        The folder of a run or its `Record`, or a configuration (TOML, or a mapping of the same shape). Rows of a
        run are those that it read; those of a configuration are read now.
    after
        The same, or a CSV of corrections, such as a view of a review ("versions/strict.csv"): the data of `before`,
        read now, with it in place of their own corrections.

    Raises
    ------
    ConfigError, DataError, RecordError
        If one of them cannot be read, or corrections come without the data that they correct.

    Examples
    --------
    >>> found = compare_data("photos.toml", "runs/review/versions/strict.csv")  # doctest: +SKIP
    >>> len(found.only_before), found.changes, found.groups_lost  # doctest: +SKIP
    (54, {('pear', 'quince'): 12}, ('series 7',))
    """
    if _is_table(before):
        raise DataError(
            f"{before}: a table of corrections is the second of two; the data that it corrects come first."
        )
    if _is_table(after):
        config = _record(before).resolved() if _is_run(before) else before
        assert not isinstance(config, Record)
        corrected = load(config, patch={"data.corrections": str(Path(str(after)).resolve())})
        return version_differences(_samples(load(config)), _samples(corrected))
    (first, one), (second, two) = _read(before), _read(after)
    return version_differences(first, second, None if one is None or two is None else (one, two))


def _is_table(version: Version) -> bool:
    return isinstance(version, (str, Path)) and Path(version).suffix.lower() == ".csv"


def _is_run(version: Version) -> bool:
    return isinstance(version, Record) or (isinstance(version, (str, Path)) and Path(version).is_dir())


def _record(version: Version) -> Record:
    assert isinstance(version, (str, Path, Record))
    return Record.open(version)


def _read(version: Version) -> tuple[Samples, Folds | None]:
    """Return the rows of a version, and its folds if it is a run that has some."""
    if _is_run(version):
        run = _record(version)
        return run.samples(), run.folds() if run.wrote("folds.csv") else None
    assert not isinstance(version, Record)
    return _samples(load(version)), None


def _samples(settings: Settings) -> Samples:
    """Return the rows as a run would read them: a class that falls below min_count is one that is lost."""
    data = ReviewedData.model_validate(settings.data.model_dump())  # one class only is a version, too
    return settings.kind.samples(root_of(data), data, settings.kind_config)[0]

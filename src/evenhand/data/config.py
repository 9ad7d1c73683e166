"""The sections [data] and [folds]: what to learn from, and how rows are held out."""

from __future__ import annotations

import codecs
from typing import Literal

from pydantic import field_validator, model_validator

from evenhand.base.config import Section, option


class DataConfig(Section):
    """What to learn from: files below a root, and a table or folders that name their classes."""

    kind: str = option("photos", says="Kind of data.", min_length=1)
    root: str = option(says="A folder, or a zip as it was downloaded; a photo's path starts here.", min_length=1)
    table: str | None = option(
        None, says="CSV or Parquet with a row per file; without one, every folder is a class.", min_length=1
    )
    links: Literal["inside", "follow"] = option(
        "inside", says="Symbolic links that are followed: to files inside the root, or wherever they lead."
    )
    zip_encoding: str | None = option(
        None, says="Code page of names in a zip that are not UTF-8 (cp866, gbk); without one it is guessed."
    )
    table_encoding: str | None = option(
        None, says="Encoding of a CSV that is not UTF-8 (cp1251, gbk); without one it is guessed."
    )
    label: str = option("label", says="Column of the class.", min_length=1)
    path: str = option("path", says="Column of the file's path, relative to the root.", min_length=1)
    id: str | None = option(None, says="Column of a stable id; without one, the id is a hash of the file's bytes.")
    group: str | None = option(
        None, says="Column of what rows have in common (a patient, a series); it never crosses folds."
    )
    split: str | None = option(None, says="Column of a split that somebody already made.")
    several: bool = option(False, says="Whether a row may have several classes, or none.")
    separator: str = option("|", says="What stands between the classes of one cell.", min_length=1)
    levels: list[str] = option([], says="Columns with coarser classes; each fine class lies in one of them.")
    only: dict[str, list[str]] = option(
        {}, says="Column of the table -> values; rows with other values are left out."
    )
    min_count: int = option(
        2, ge=1, unit="rows", says="Classes with fewer rows are left out, and named in a finding."
    )
    rename: dict[str, str] = option({}, says="Class in the table -> class wanted; two may become one.")
    drop: list[str] = option([], says="Classes left out with their rows (after renaming).")
    missing: Literal["error", "drop"] = option(
        "error", says="What is done about rows whose file is not there, or whose class is empty."
    )

    @field_validator("zip_encoding", "table_encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                codecs.lookup(name)
            except LookupError:
                raise ValueError("allowed are the names of encodings, such as cp866, gbk, cp1251") from None
        return name


class LockedConfig(Section):
    """Which rows are locked away as the test: a column's value, a fraction of the rows, or named groups."""

    column: str | None = option(None, says="Column that names the split.")
    value: str | None = option(
        None, says="Value of that column in rows that are locked.", coerce_numbers_to_str=True
    )
    fraction: float | None = option(
        None, gt=0, lt=1, says="Share of the rows that is drawn, whole groups at a time, stratified."
    )
    groups: list[str] | None = option(None, says="Groups that are locked whole.", min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> LockedConfig:
        pair = self.column is not None, self.value is not None
        ways = any(pair) + (self.fraction is not None) + (self.groups is not None)
        if ways != 1 or pair[0] != pair[1]:
            raise ValueError("name the test in one way: { column, value }, or { fraction }, or { groups = [...] }")
        return self


class FoldsConfig(Section):
    """How rows are held out: k folds, and a locked test that is opened once."""

    k: int = option(5, ge=2, unit="folds", says="Number of folds; each row is held out in one of them.")
    seed: int = option(0, ge=0, says="Which of the many equally good plans is made.")
    test: LockedConfig | None = option(
        None, says="Rows locked away until the end: { column, value }, { fraction } or { groups }."
    )
    file: str | None = option(None, says="A folds.csv (id, fold) to use instead of making one.", min_length=1)
    duplicates: Literal["group", "ignore"] = option(
        "group", says="Whether rows with the same bytes are kept in one fold."
    )

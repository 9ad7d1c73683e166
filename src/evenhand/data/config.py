"""The sections [data] and [folds]: the data, and how rows are held out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import field_validator, model_validator

from evenhand.base.settings.key_faults import KeyFaults
from evenhand.base.settings.section import Section, option
from evenhand.base.values import Task


class FurtherConfig(Section):
    """A second set of rows: evaluated beside validation, never used for training or selection.

    Keys default to those of [data], except the ones that belong to its table: `table`, `only`, `corrections`, `id`,
    `group` and `split`.
    """

    root: str | None = option(None, description="A folder or a zip; default: that of [data].", min_length=1)
    table: str | None = option(None, description="CSV or Parquet with a row per file.", min_length=1)
    label_pattern: str | None = option(
        None, description="Regular expression that finds the class in a file's path.", min_length=1, max_length=1000
    )
    label: str | None = option(None, description="Column of the class.", min_length=1)
    label_columns: list[str] | None = option(None, description="Columns of which each is a class.")
    path: str | None = option(None, description="Column of the file's path, relative to the root.", min_length=1)
    id: str | None = option(None, description="Column of a stable id.")
    group: str | None = option(None, description="Column of the group (a patient, a series).")
    split: str | None = option(None, description="Column of an existing split.")
    only: dict[str, list[str]] = option(
        {}, description="Column of the table -> values; rows with other values are left out."
    )
    corrections: str | None = option(None, description="CSV of corrections of its rows.", min_length=1)
    rename: dict[str, str] | None = option(None, description="Class in the table -> class of the first set.")
    drop: list[str] | None = option(None, description="Classes left out with their rows (after renaming).")
    missing: Literal["error", "drop"] | None = option(
        None, description="What to do with rows whose file is missing or whose class is empty."
    )


class DataConfig(Section):
    """The data: files below a root, and a table or folders that name their classes."""

    kind: str = option("photos", description="Kind of data.", min_length=1)
    root: str = option(
        description="A folder, or a zip as it was downloaded; a photo's path starts here.", min_length=1
    )
    table: str | None = option(
        None, description="CSV or Parquet with a row per file; without it, every folder is a class.", min_length=1
    )
    links: Literal["inside", "follow"] = option(
        "inside", description="Which symbolic links are followed: those to files inside the root, or all."
    )
    zip_encoding: str | None = option(
        None, description="Code page of names in a zip that are not UTF-8 (cp866, gbk); default: guessed."
    )
    table_encoding: str | None = option(
        None, description="Encoding of a CSV that is not UTF-8 (cp1251, gbk); default: guessed."
    )
    label_pattern: str | None = option(
        None,
        description="Regular expression that finds the class in a file's path below the root, as the group "
        "(?P<label>…); "
        "further named groups, such as (?P<group>…), become columns. Without it, folders name the classes.",
        min_length=1,
        max_length=1000,
    )
    label: str = option(
        "label",
        description='Column of the class; with task = "multi" an empty cell is a row of no class.',
        min_length=1,
    )
    path: str = option("path", description="Column of the file's path, relative to the root.", min_length=1)
    id: str | None = option(None, description="Column of a stable id; default: a hash of the file's bytes.")
    group: str | None = option(
        None, description="Column of the group (a patient, a series); groups never cross folds."
    )
    split: str | None = option(None, description="Column of an existing split.")
    task: Task = option(
        "single",
        description="What a row holds: one class; several classes, or none; or a degree from 0 to 1 of each class "
        "(soft).",
    )
    label_columns: list[str] = option(
        [],
        description="Columns of which each is a class, with its label in every row: 0 or 1 (multi), 0 to 1 (soft), "
        "empty where it is not known.",
    )
    weight: str | None = option(
        None,
        description="Column of row weights, such as the number of annotators: what a row counts for in training "
        "and in class balance. Figures count every row once.",
    )
    tag_columns: list[str] = option(
        [],
        description="Columns that each hold classes by name, in place of `label` (multi); where a cell is empty, "
        "it is not known which of the classes of its column hold.",
    )
    separator: str = option(
        "|",
        description="Separator between the classes in a cell; where no cell holds it, the one that the cells show.",
        min_length=1,
    )
    levels: list[str] = option([], description="Columns with coarser classes; each class belongs to one of them.")
    only: dict[str, list[str]] = option(
        {}, description="Column of the table -> values; rows with other values are left out."
    )
    corrections: str | None = option(
        None,
        description="CSV with rows to relabel or to leave out (id, action, from, to), applied as the data are "
        "read; no file is changed.",
        min_length=1,
    )
    min_count: int = option(
        2,
        ge=1,
        unit="rows",
        description="Classes with fewer rows are left out or merged, and reported in a finding.",
    )
    min_count_action: Literal["drop", "merge"] = option(
        "drop", description="What happens to classes below min_count: their rows are left out, or become one class."
    )
    merged: str = option(
        "other", description="Name of the class that classes below min_count become.", min_length=1
    )
    rename: dict[str, str] = option({}, description="Class in the table -> class wanted; two may become one.")
    drop: list[str] = option([], description="Classes left out with their rows (after renaming).")
    classes: list[str] = option(
        [],
        description="Classes of the model (after renaming), in the order of its outputs, each kept however few "
        "rows it has; default: those that rows have, sorted.",
    )
    missing: Literal["error", "drop"] = option(
        "error", description="What to do with rows whose file is missing or whose class is empty."
    )
    exclusive: Literal["auto"] | list[list[str]] = option(
        [],
        description="Blocks of classes of which at most one holds in a row (multi), or that share it out (soft): "
        'lists of names, or, of multi, "auto" for those that the labels show. Models with blocks = "softmax" learn '
        "those of which exactly one holds.",
    )
    generalization: FurtherConfig | None = option(
        None,
        description="A second set, such as other patients: evaluated every few epochs and at the end, never "
        "selected on.",
    )

    @field_validator("zip_encoding", "table_encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                # not `codecs.lookup`, which knows zlib and rot13 too
                b"a".decode(name, errors="replace")
            except UnicodeError:
                pass
            except (LookupError, ValueError):
                raise ValueError("allowed are the names of encodings, such as cp866, gbk, cp1251") from None
        return name

    @field_validator("label_pattern")
    @classmethod
    def _names_a_label(cls, pattern: str | None) -> str | None:
        if pattern is None:
            return None
        try:
            names = re.compile(pattern).groupindex
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"this is no regular expression: {error}") from None
        if "label" not in names:
            raise ValueError('the part that is the class must be a group named label, as in "^(?P<label>[^_]+)_"')
        if "path" in names:
            raise ValueError("no group may be named path, which is the whole path of the file")
        return pattern

    @model_validator(mode="after")
    def _labels_in_one_way(self) -> DataConfig:
        KeyFaults.raise_any([*self._column_faults(), *self._class_faults(), *self._exclusive_faults()])
        if self.label_pattern is not None and self.table is not None:
            raise KeyFaults(
                ("label_pattern", "classes come from label_pattern or from a table: remove one of the two")
            )
        if self.min_count_action == "merge" and self.merged in self.drop:
            raise KeyFaults(
                ("drop", f'drop leaves out "{self.merged}", which rare classes become: name another in merged')
            )
        if self.min_count_action == "merge" and self.levels:
            raise KeyFaults(
                (
                    "levels",
                    "levels give every class a coarser one, which a class merged from several has not: set "
                    'min_count_action = "drop", or merge classes by rename',
                )
            )
        return self

    def _column_faults(self) -> Iterator[tuple[str, str]]:
        """Yield what does not go together among task, columns of labels and table."""
        if self.task == "soft" and not self.label_columns:
            yield "task", 'task = "soft" reads a column for each class: name them in label_columns'
        if self.tag_columns and (self.label_columns or self.task != "multi"):
            yield (
                "tag_columns",
                'tag_columns name several classes of a row: set task = "multi", and leave out label_columns',
            )
        if not self.label_columns:
            return
        if self.task == "single":
            yield (
                "label_columns",
                'label_columns are for rows of several classes: set task = "multi", or "soft" for degrees of them',
            )
        twice = sorted({name for name in self.label_columns if self.label_columns.count(name) > 1})
        if twice:
            yield "label_columns", f"label_columns names {', '.join(twice)} more than once"

    def _class_faults(self) -> Iterator[tuple[str, str]]:
        """Yield what does not go together with a list of classes."""
        if not self.classes:
            return
        twice = sorted({name for name in self.classes if self.classes.count(name) > 1})
        if twice:
            yield "classes", f"classes names {', '.join(twice)} more than once"
        if len(self.classes) < self.least_classes:
            yield "classes", f"classes names {len(self.classes)}, and a classifier needs two or more"
        if self.tag_columns:
            yield "classes", "classes is for classes of one column: leave it out with tag_columns"
        if self.label_columns:
            yield "classes", "classes and label_columns both name the classes: remove one of the two"
        if self.min_count_action == "merge":
            yield (
                "classes",
                'classes keeps every class that it names, so that min_count_action = "merge" could merge none',
            )
        both = sorted(set(self.classes) & set(self.drop))
        if both:
            yield "classes", f"classes names {', '.join(both)}, which drop leaves out"

    def _exclusive_faults(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the sets of classes that exclude each other."""
        if self.exclusive and not self.several:
            yield (
                "exclusive",
                'exclusive names sets among several classes of a row: remove it, or set task = "multi"',
            )
        names = [name for block in self.named_exclusive for name in block]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            yield "exclusive", f"exclusive names {', '.join(twice)} more than once"
        if any(len(block) < 2 for block in self.named_exclusive):
            yield "exclusive", "exclusive holds sets of two classes or more"
        made = [self.rename.get(name, name) for name in self.label_columns] if self.task == "soft" else []
        if merged := sorted({name for name in names if made.count(name) > 1}):
            yield (
                "exclusive",
                f"rename makes {', '.join(merged)} of several columns and keeps the higher degree, but degrees of "
                "exclusive classes add up: add these columns up in the table",
            )

    @property
    def named_exclusive(self) -> list[list[str]]:
        """Blocks of exclusive classes that are named; none where they are read off the labels."""
        return [] if self.exclusive == "auto" else self.exclusive

    @property
    def several(self) -> bool:
        """Whether a row may have several classes, or none."""
        return self.task != "single"

    @property
    def least_classes(self) -> int:
        """Fewest classes that must remain."""
        return 1 if self.several else 2

    @property
    def names_known(self) -> bool:
        """Whether every class named in `rename` and `drop` must occur in the rows."""
        return True


class FurtherData(DataConfig):
    """The configuration by which a second set is read; classes may be missing from it."""

    @classmethod
    def of(cls, data: DataConfig, further: FurtherConfig) -> FurtherData:
        """Return [data] overridden by [data.generalization]."""
        # nothing is trained on the set, so its rows need no weights
        own: dict[str, Any] = dict.fromkeys(("table", "corrections", "id", "group", "split", "weight")) | {
            "only": {}
        }
        other = {"levels": [], "classes": [], "min_count": 1, "generalization": None, "exclusive": []}
        given = further.model_dump(exclude_none=True)
        if "table" in given:  # the pattern of the first set names classes of files without a table
            other["label_pattern"] = None
        return cls.model_validate({**data.model_dump(), **own, **other, **given})

    @property
    def least_classes(self) -> int:
        """One: nothing is trained on the set."""
        return 1

    @property
    def names_known(self) -> bool:
        """No: the names are those of the first set."""
        return False


class LockedConfig(Section):
    """Which rows are the locked test: those with a value in a column, a fraction of the rows, or named groups."""

    column: str | None = option(None, description="Column that names the split.")
    value: str | None = option(
        None, description="Value of that column in rows that are locked.", coerce_numbers_to_str=True
    )
    fraction: float | None = option(
        None, gt=0, lt=1, description="Share of the rows, sampled in whole groups, stratified by class."
    )
    groups: list[str] | None = option(None, description="Names of groups to lock.", min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> LockedConfig:
        pair = self.column is not None, self.value is not None
        ways = any(pair) + (self.fraction is not None) + (self.groups is not None)
        if ways != 1 or pair[0] != pair[1]:
            raise ValueError("name the test in one way: { column, value }, or { fraction }, or { groups = [...] }")
        return self


class FoldsConfig(Section):
    """How rows are held out: k folds, and a locked test that is opened once."""

    k: int = option(5, ge=2, unit="folds", description="Number of folds; each row is held out in one of them.")
    seed: int = option(0, ge=0, description="Seed; selects one of many equally good assignments.")
    test: LockedConfig | None = option(
        None, description="Rows locked until the end: { column, value }, { fraction } or { groups }."
    )
    file: str | None = option(
        None, description="A folds.csv (id, fold) to use instead of making one.", min_length=1
    )
    keep: str | None = option(
        None,
        description="The folds.csv of a run on an earlier version of the data: its rows keep their fold, and new "
        "rows get one beside their group, or where classes balance.",
        min_length=1,
    )
    groups: Literal["keep", "ignore"] = option(
        "keep",
        description="Whether groups stay whole; folds that ignore them only serve to show what leaks (EH106).",
    )
    duplicates: Literal["group", "ignore"] = option(
        "group", description="Whether files with the same content, and near-duplicates, are kept in one fold."
    )
    families: list[Literal["names", "contents"]] = option(
        ["names", "contents"],
        description="What else keeps rows in one fold: names that say a file is a copy or version of another "
        "(_rot90, _v2), and contents that are equal after a motion; [] for neither.",
    )

    @model_validator(mode="after")
    def _from_one_file(self) -> FoldsConfig:
        if self.file is not None and self.keep is not None:
            raise KeyFaults(
                (
                    "keep",
                    "file takes all folds from a file, keep those of the rows that it names: remove one of the two",
                )
            )
        return self

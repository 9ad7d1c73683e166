"""Rows of a table that corrections change: cells of the class and of the path, and rows that go."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from evenhand.base.errors import DataError
from evenhand.data.roots.root import Root
from evenhand.data.tables.labels.cell_separator import cell_separator
from evenhand.data.tables.labels.label_encoding import Row, split_cells
from evenhand.data.tables.path_lookup import locate
from evenhand.data.tables.row_filter import only_rows
from evenhand.data.tables.table import read_table
from evenhand.review.apply.table_rewrite import rewritten
from evenhand.settings.load import Settings


@dataclass(frozen=True)
class TableChange:
    """A table on disk: its bytes before and after, and how many rows are rewritten and removed."""

    path: Path
    before: bytes
    after: bytes
    cells: int
    removed: int


@dataclass
class TableChanges:
    """The changes of one table.

    Attributes
    ----------
    path, raw
        The table on disk.
    rows
        Name of a file -> its rows in the table, with the classes of each; None for those outside `data.only`.
    cells
        (n,) the paths as written.
    label, path_column
        Positions of the two columns.
    separator
        Between classes in a cell; None where a cell is one class.
    encoding
        The encoding that is configured.
    """

    path: Path
    raw: bytes
    rows: dict[str, list[tuple[int, Row | None]]]
    cells: list[str]
    label: int
    path_column: int
    separator: str | None
    encoding: str | None
    _edits: dict[int, dict[int, str] | None] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, root: Root) -> TableChanges:
        """Return the table of a configuration, without changes."""
        data = settings.data
        assert data.table is not None
        name = data.table.replace("\\", "/").removeprefix("./")
        path = root.path / name if name in root.names() else Path(data.table)
        table = read_table(root, data.table, encoding=data.table_encoding)
        disk = Path(data.table).parent if Path(data.table).is_file() else None
        names = locate(table.texts(data.path), root, table.folder, disk=disk).names
        cells = table.texts(data.label)
        separator = cell_separator(cells, data.separator) if data.several else data.separator
        # as written: `rename` is for what is made of the classes
        classes = split_cells(cells, data.model_copy(update={"rename": {}, "separator": separator}))
        used = only_rows(table, data.only) if data.only else np.ones(len(table), dtype=bool)
        rows: dict[str, list[tuple[int, Row | None]]] = {}
        for at, found in enumerate(names):
            if found is not None:
                rows.setdefault(found, []).append((at, classes[at] if used[at] else None))
        columns = list(table.frame.columns)
        written = ["" if cell is None else str(cell) for cell in table.frame[data.path]]
        return cls(
            path,
            path.read_bytes(),
            rows,
            written,
            columns.index(data.label),
            columns.index(data.path),
            separator if data.several else None,
            data.table_encoding,
        )

    def can_move(self, name: str) -> bool:
        """Return whether a file may move: each of its rows writes its path so that a part of it can be replaced."""
        rows = self.rows.get(name, [])
        alone = len({classes for _, classes in rows}) == 1 and all(classes is not None for _, classes in rows)
        return alone and all(self.cells[at].endswith(name) for at, _ in rows)

    def relabel(self, name: str, before: Row, after: Row, target: str) -> None:
        """Write other classes into the rows of a file that have the classes `before`, and its new path."""
        for at in self._rows_with(name, before):
            # a cell of several classes is written as the others are
            edit = {self.label: after[0] if self.separator is None else self.separator.join(after)}
            if target != name:
                edit[self.path_column] = self.cells[at].removesuffix(name) + target
            self._edits[at] = edit

    def remove(self, name: str, before: Row) -> None:
        """Remove the rows of a file that have the classes `before`."""
        self._edits |= dict.fromkeys(self._rows_with(name, before))

    def names(self, name: str) -> bool:
        """Return whether a row that stays names the file."""
        return any(self._edits.get(at, {}) is not None for at, _ in self.rows.get(name, []))

    def changed(self) -> TableChange | None:
        """Return the table before and after; None if nothing changes.

        Raises
        ------
        DataError
            If it cannot be rewritten without touching other rows.
        """
        if not self._edits:
            return None
        try:
            after = rewritten(self.raw, self._edits, encoding=self.encoding)
        except DataError as error:
            raise DataError(f"{self.path}: {error}") from None
        removed = sum(edit is None for edit in self._edits.values())
        return TableChange(self.path, self.raw, after, len(self._edits) - removed, removed)

    def _rows_with(self, name: str, before: Row) -> list[int]:
        rows = self.rows.get(name, [])
        if self.separator is not None:  # rows of one file were joined as they were read
            return [at for at, classes in rows if classes is not None]
        return [at for at, classes in rows if classes == before]

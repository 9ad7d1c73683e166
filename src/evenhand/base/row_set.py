"""The sets of rows that models are evaluated on. No NumPy here: the shell's help names them."""

from __future__ import annotations

from enum import StrEnum


class RowSet(StrEnum):
    """The sets of rows that models are evaluated on, as they are named in records and on the command line."""

    OUT_OF_FOLD = "oof"
    LOCKED = "test"
    GENERALIZATION = "generalization"
    NEW = "new"
    """Rows that `predict` classified: no model of the run has seen them."""

    @property
    def words(self) -> str:
        """Its name in prose."""
        return _TITLES[self]


_TITLES = {
    RowSet.OUT_OF_FOLD: "out of fold",
    RowSet.LOCKED: "locked test",
    RowSet.GENERALIZATION: "generalization, never selected on",
    RowSet.NEW: "new rows",
}

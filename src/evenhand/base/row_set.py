"""The sets of rows that models are evaluated on. Imports no NumPy: `--help` names them and must start fast."""

from __future__ import annotations

from enum import StrEnum


class RowSet(StrEnum):
    """A set of rows that models are evaluated on, by its name in records and on the command line."""

    OUT_OF_FOLD = "oof"
    LOCKED = "test"
    GENERALIZATION = "generalization"
    NEW = "new"
    """Rows classified by `predict` that no model of the run was trained on."""
    TRAINING = "training"
    """Rows classified by `predict` that models of the run were trained on."""

    @property
    def words(self) -> str:
        """Its name in prose."""
        return _TITLES[self]


_TITLES = {
    RowSet.OUT_OF_FOLD: "out of fold",
    RowSet.LOCKED: "locked test",
    RowSet.GENERALIZATION: "generalization, never selected on",
    RowSet.NEW: "new rows",
    RowSet.TRAINING: "training rows",
}

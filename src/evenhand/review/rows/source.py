"""Where the probabilities of a row come from, which decides how far they can be trusted."""

from __future__ import annotations

from enum import StrEnum


class ProbabilitySource(StrEnum):
    """The models that a row's probabilities come from, by their relation to the row."""

    OUT_OF_FOLD = "out_of_fold"
    """Models of folds in which the row was held out."""
    FOLD_ENSEMBLE = "fold_ensemble"
    """The mean of all fold models, none of which was trained on the row."""
    IN_SAMPLE = "in_sample"
    """Models some of which were trained on the row: they repeat its label, right or wrong."""
    NONE = ""
    """No probabilities."""

    @property
    def words(self) -> str:
        """The source in prose."""
        return _WORDS[self]

    @property
    def held_out(self) -> bool:
        """Whether no model had seen the row, so that its probabilities can contradict its label."""
        return self in (ProbabilitySource.OUT_OF_FOLD, ProbabilitySource.FOLD_ENSEMBLE)


_WORDS = {
    ProbabilitySource.OUT_OF_FOLD: "out of fold",
    ProbabilitySource.FOLD_ENSEMBLE: "mean of the fold models, none trained on this row",
    ProbabilitySource.IN_SAMPLE: "in-sample: models trained on this row",
    ProbabilitySource.NONE: "no model",
}

"""epochs.jsonl: what each epoch of a task measured."""

from __future__ import annotations

from pydantic import model_validator

from evenhand.base.storage.documents.shapes import Count, Document, Number

Figures = list[Number]
"""(k,) a figure of each class."""


class RowsDocument(Document):
    """Statistics of a set of rows."""

    rows: Count | None = None
    share: Figures | None = None
    predicted: Figures | None = None
    recall: Figures | None = None
    precision: Figures | None = None
    probability: Figures | None = None
    own_probability: Figures | None = None
    entropy: Number = None
    information: Number = None
    information_error: Number = None

    @model_validator(mode="after")
    def _of_one_length(self) -> RowsDocument:
        figures = (self.share, self.predicted, self.recall, self.precision, self.probability, self.own_probability)
        if len({len(one) for one in figures if one}) > 1:
            raise ValueError("Its figures are of different numbers of classes")
        return self


class MotionDocument(Document):
    """Gradients and updates."""

    gradient_norm: Number = None
    gradient_norm_largest: Number = None
    weight_norm: Number = None
    update: Number = None


class FeaturesDocument(Document):
    """The spread of features."""

    spread: Number = None
    dimensions: Number = None
    still: Number = None


class EpochDocument(Document):
    """A line of the log."""

    epoch: Count = 0  # where it is not given, the position counts; null is not a number of an epoch
    stage: Count | None = None
    steps: Count | None = None
    learning_rate: Number = None
    train_loss: Number = None
    validation_loss: Number = None
    score: Number = None
    parts: dict[str, Number] | None = None
    sets: dict[str, RowsDocument | None] | None = None
    gradient_share: Figures | None = None
    batch_mix: Figures | None = None
    expected_mix: Figures | None = None
    weights: Figures | None = None
    batches_without: Figures | None = None
    motion: MotionDocument | None = None
    features: FeaturesDocument | None = None
    terms: dict[str, dict[str, Number] | None] | None = None
    softened: bool | None = None

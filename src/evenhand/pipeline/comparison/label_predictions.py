"""Predictions without probabilities: a file with an id and a label per row, as `predict --like` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.text.cells import by_spelling, same_as, text_array
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Predictions, Strings
from evenhand.evaluation.reading.columns import Columns
from evenhand.evaluation.reading.files import opened
from evenhand.evaluation.reading.labels import class_numbers
from evenhand.pipeline.submission.sample_format import Sample, read_sample


def read_label_predictions(source: object, columns: Columns | None = None) -> Predictions | None:
    """Return the predictions of a CSV file with one column beside the ids, or None if the source is not one.

    The classes are the labels in the file. Files without probabilities give each label a probability of 1. Ids and
    labels are normalized as in every table: whole numbers without decimals, accents in one Unicode form.

    Raises
    ------
    DataError
        If an id is empty or repeated, or a label is empty or a fraction; the message names the line.
    """
    if not isinstance(source, (str, Path)) or Path(source).suffix.lower() not in (".csv", ".tsv", ".txt"):
        return None
    if Path(source).is_dir() or len(opened(source).names) != 2:
        return None
    sample = read_sample(source)
    if columns is not None and columns.id is not None:
        if columns.id not in sample.header:
            raise DataError(f"{source}: {unknown('column', columns.id, sample.header)}")
        sample = replace(sample, id_column=sample.header.index(columns.id))
    labels = sample.cells[:, 1 - sample.id_column]
    if (labels == "").any():
        row = int((labels == "").argmax())
        raise DataError(
            f"{source}: line {sample.lines[row]:,} has an empty cell in the column "
            f'"{sample.others[0]}". Every row needs a label.'
        )
    _refuse_fractions(str(source), labels, sample)
    classes, at = unique_names(text_array(labels))
    return Predictions(
        text_array(sample.ids),
        tuple(map(str, classes)),
        np.eye(len(classes))[at],
        model=Path(source).stem,
        origin="test",
    )


def _refuse_fractions(source: str, labels: Strings, sample: Sample) -> None:
    """Raise if the labels are fractions: probabilities of one class, which would count as that many classes."""
    numbers = pd.to_numeric(pd.Series(labels), errors="coerce").to_numpy(np.float64)
    odd = np.isfinite(numbers) & (numbers != np.round(numbers))
    if odd.any():
        row = int(odd.argmax())
        raise DataError(
            f'{source}: line {sample.lines[row]:,}, column "{sample.others[0]}" holds {labels[row]}, which is not '
            "a label. Beside the ids there must be one column for the label, or one for each class."
        )


def with_shared_classes(
    one: Predictions, two: Predictions, bare: Sequence[bool], *, columns: Columns | None = None
) -> tuple[Predictions, Predictions]:
    """Return two sets of predictions with the same list of classes, so that labels alone can be compared.

    Parameters
    ----------
    bare
        For each, whether it came from `read_label_predictions`: it then gets the classes of the other; if both did,
        both get the union. Labels are matched regardless of spaces, of the two Unicode forms of an accent and of
        the decimals of a whole number.
    columns
        Whether labels are positions of the classes.

    Raises
    ------
    DataError
        If a label is not a class of the other.
    """
    classes = _union(one.classes, two.classes) if all(bare) else (two if bare[0] else one).classes
    positions = columns is not None and columns.positions
    first, second = (_one_hot(p, classes, positions) if b else p for p, b in zip((one, two), bare, strict=True))
    return first, second


def _union(one: Sequence[str], two: Sequence[str]) -> tuple[str, ...]:
    """Return the sorted union of two lists of names, each name in one spelling."""
    spellings = by_spelling(one)
    return tuple(sorted({*one, *(same_as(name, spellings) or name for name in two if name not in one)}))


def _one_hot(answers: Predictions, classes: tuple[str, ...], positions: bool) -> Predictions:
    """Return predicted labels as one-hot probabilities of `classes`."""
    names = np.array(answers.classes, dtype=object)[answers.predicted]
    table = np.eye(len(classes))[class_numbers(names, classes, answers.model, positions=positions)]
    return replace(answers, classes=classes, probabilities=table)

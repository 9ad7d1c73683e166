"""Answers without probabilities: a file with an id and a label in each row, as `predict --like` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.errors import DataError, unknown
from evenhand.base.text.cells import by_spelling, same_as
from evenhand.base.text.unique_names import unique_names
from evenhand.base.values import Predictions, Strings
from evenhand.evaluation.reading.columns import Columns
from evenhand.evaluation.reading.files import opened
from evenhand.evaluation.reading.labels import class_numbers, texts
from evenhand.pipeline.submission.sample_format import Sample, read_sample


def read_answers(source: object, columns: Columns | None = None) -> Predictions | None:
    """Return the answers of a CSV file with one column beside the ids, or None where a source is something else.

    The classes are the labels that it holds, and each answer has the probability 1, for want of any. Ids and labels
    are texts as in every table: whole numbers without decimals, accents in one spelling.

    Raises
    ------
    DataError
        If an id is empty or there twice, or a row has no label or a fraction; the text names the line.
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
            f'{source}: line {sample.lines[row]:,} has nothing in the column "{sample.others[0]}". Every row needs '
            "the class that it was given."
        )
    _refuse_fractions(str(source), labels, sample)
    classes, at = unique_names(texts(labels))
    return Predictions(
        texts(sample.ids),
        tuple(map(str, classes)),
        np.eye(len(classes))[at],
        model=Path(source).stem,
        origin="test",
    )


def _refuse_fractions(source: str, labels: Strings, sample: Sample) -> None:
    """Refuse the probabilities of one class, which would pass for as many labels."""
    numbers = pd.to_numeric(pd.Series(labels), errors="coerce").to_numpy(np.float64)
    odd = np.isfinite(numbers) & (numbers != np.round(numbers))
    if odd.any():
        row = int(odd.argmax())
        raise DataError(
            f'{source}: line {sample.lines[row]:,}, column "{sample.others[0]}" holds {labels[row]}, which is no '
            "label. Beside ids there must be one column for the label, or one for each class."
        )


def with_one_list(
    one: Predictions, two: Predictions, bare: Sequence[bool], *, columns: Columns | None = None
) -> tuple[Predictions, Predictions]:
    """Return two sets of answers with one list of classes, so that labels alone can be held against anything.

    Parameters
    ----------
    bare
        For each, whether it came from `read_answers`: it then gets the classes of the other, or where both did,
        both get the classes of both. Labels are matched as everywhere: spaces, the two spellings of an accent and
        the decimals of a whole number make no difference.
    columns
        Whether labels are positions of classes.

    Raises
    ------
    DataError
        If a label is no class of the other.
    """
    classes = _of_both(one.classes, two.classes) if all(bare) else (two if bare[0] else one).classes
    positions = columns is not None and columns.positions
    first, second = (_among(p, classes, positions) if b else p for p, b in zip((one, two), bare, strict=True))
    return first, second


def _of_both(one: Sequence[str], two: Sequence[str]) -> tuple[str, ...]:
    """Return the names of both, sorted, each in one spelling."""
    spellings = by_spelling(one)
    return tuple(sorted({*one, *(same_as(name, spellings) or name for name in two if name not in one)}))


def _among(answers: Predictions, classes: tuple[str, ...], positions: bool) -> Predictions:
    names = np.array(answers.classes, dtype=object)[answers.predicted]
    table = np.eye(len(classes))[class_numbers(names, classes, answers.model, positions=positions)]
    return replace(answers, classes=classes, probabilities=table)

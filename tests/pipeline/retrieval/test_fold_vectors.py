"""Embeddings of a run: those of damaged weights are named with their file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.pipeline.retrieval.evaluate_retrieval import evaluate_retrieval
from evenhand.pipeline.retrieval.fold_vectors import Asked, _check_finite
from evenhand.pipeline.retrieval.retrieve import retrieve


def test_embeddings_that_are_not_finite_name_model_fold_and_weights(tmp_path: Path) -> None:
    record, asked = Record(tmp_path), Asked("entry", np.arange(2), "pair", 1, 7)
    _check_finite(record, asked, np.zeros((2, 3)))
    words = r"pair, fold 1: 1 of 2 embeddings .* not finite.*restore .*pair/fold1/seed7/weights\.safetensors"
    with pytest.raises(EvenhandError, match=words):
        _check_finite(record, asked, np.array([[0.0, 1.0], [np.nan, np.inf]]))


@pytest.mark.parametrize("k", [2.5, 0, True, "3", None])
def test_neighbours_are_a_whole_number(tmp_path: Path, k: object) -> None:
    with pytest.raises(EvenhandError, match="k: .* neighbours cannot be shown; give a whole number"):
        retrieve(tmp_path, "a", k=k)  # type: ignore[arg-type]
    with pytest.raises(EvenhandError, match="figures need whole numbers of rows"):
        evaluate_retrieval(tmp_path, cutoffs=[10, k])  # type: ignore[list-item]

"""Embeddings and codes of rows in the networks of a run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evenhand.base.cores import usable_cores
from evenhand.base.errors import EvenhandError
from evenhand.base.storage.numpy_files import load_arrays
from evenhand.base.storage.record import Record
from evenhand.base.values import Ints
from evenhand.data.store.store import Store
from evenhand.evaluation.retrieval.indexes import CosineIndex, HammingIndex, QuantizedIndex, packed, unit
from evenhand.evaluation.retrieval.nearest import Index
from evenhand.evaluation.retrieval.product_quantizer import ProductQuantizer
from evenhand.pipeline.stages.execution.dispatch import dispatch
from evenhand.pipeline.stages.execution.placement import placement, readers_compute
from evenhand.pipeline.stages.execution.progress import Watcher
from evenhand.settings.load import Settings
from evenhand.training.calls import RowVectorsCall

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Asked:
    """Rows whose vectors are asked for: positions in an entry of the store, in the network of a fold."""

    entry: str
    rows: Ints
    model: str
    fold: int
    seed: int


@dataclass(frozen=True, eq=False)
class RowVectors:
    """What n rows are compared by in one network: arrays as `write_row_vectors` writes them."""

    arrays: Mapping[str, Array]
    model: str

    @property
    def has_codes(self) -> bool:
        """Whether the head codes rows."""
        return "codes" in self.arrays

    def index(self, rows: Ints, *, codes: bool) -> Index:
        """Return some of the rows as an index.

        Raises
        ------
        EvenhandError
            If codes are asked for and there are none.
        """
        if not codes:
            return CosineIndex.of(self.arrays["embedding"][rows])
        if not self.has_codes:
            raise EvenhandError(
                f"{self.model}: its head codes no rows. Search its embeddings without --codes, or train "
                'head = "hash" or "product_quantizer".'
            )
        found = self.arrays["codes"][rows]
        books = self.arrays.get("codebooks")
        return HammingIndex.of(found) if books is None else QuantizedIndex(ProductQuantizer(books), found)

    def queries(self, rows: Ints, *, codes: bool) -> Array:
        """Return some of the rows as the index compares them: unit vectors, or packed bits."""
        bits = codes and self.has_codes and "codebooks" not in self.arrays
        return packed(self.arrays["codes"][rows]) if bits else unit(self.arrays["embedding"][rows])


def row_vectors(
    run: Record, settings: Settings, asked: Sequence[Asked], watcher: Watcher, store: Store
) -> Iterator[RowVectors]:
    """Yield the vectors of each set of rows, in order; all are computed first, and read one by one.

    Raises
    ------
    EvenhandError
        If an embedding is not finite.
    """
    threads = usable_cores()
    watcher.stage("embedding rows", len(asked))
    with tempfile.TemporaryDirectory() as folder:
        calls = [
            RowVectorsCall(
                record=str(run.path),
                store=store.place(),
                entry=one.entry,
                rows=np.asarray(one.rows).tolist(),
                model=one.model,
                fold=one.fold,
                seed=one.seed,
                threads=threads,
                out=str(Path(folder) / f"{at}.npz"),
            )
            for at, one in enumerate(asked)
        ]
        dispatch(calls, watcher, placement(readers_compute(settings.compute, watcher), 1), threads=threads)
        for one, call in zip(asked, calls, strict=True):
            arrays = load_arrays(call.out)
            _check_finite(run, one, arrays["embedding"])
            yield RowVectors(arrays, call.model)


def _check_finite(run: Record, asked: Asked, embedding: Array) -> None:
    """Raise `EvenhandError` for embeddings (n, d) that have no direction, with the weights that give them."""
    finite = np.asarray(np.isfinite(embedding).all(axis=1))
    if not finite.all():
        weights = run.task_folder(asked.model, asked.fold, asked.seed) / "weights.safetensors"
        raise EvenhandError(
            f"{asked.model}, fold {asked.fold}: {int((~finite).sum()):,} of {len(finite):,} embeddings hold values "
            f"that are not finite. Its weights are damaged, or its training diverged: restore {weights}, or run "
            "the same configuration again, with a lower train.learning_rate if it diverged."
        )

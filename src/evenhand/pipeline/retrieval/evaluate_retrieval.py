"""Out-of-fold figures of retrieval: held-out rows as queries among the training rows of their fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import EvenhandError, unknown
from evenhand.base.storage.record import Record
from evenhand.base.values import Floats, Strings
from evenhand.data.store.store import Store
from evenhand.evaluation.retrieval.evaluate_retrieval import (
    CUTOFFS,
    QuerySet,
    RetrievalFigure,
    query_figures,
    summarised,
)
from evenhand.evaluation.retrieval.nearest import is_number_of_rows
from evenhand.evaluation.retrieval.relevance import Relevance
from evenhand.models.heads.registry import HEADS
from evenhand.pipeline.retrieval.fold_vectors import Asked, RowVectors, row_vectors
from evenhand.pipeline.stages.encoded_rows import encoded_rows
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.stages.source import readers_store
from evenhand.settings.load import Settings, load
from evenhand.training.tasks.context import TaskContext, TaskRows


@dataclass(frozen=True, eq=False)
class RetrievalFigures:
    """How good the nearest rows are, out of fold.

    Attributes
    ----------
    figures
        Model -> metric ("map@all", "precision@10") -> figure with its interval, and the floor of a random ranking.
    relevance
        What is relevant to a query, in words.
    compared
        "embeddings" or "codes".
    unanswerable
        Queries without a relevant row in their database; they have no figures and are not counted.
    notes
        What a reader must know.
    """

    figures: dict[str, dict[str, RetrievalFigure]]
    relevance: str
    compared: str
    unanswerable: int
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """A line for each model and metric: estimate, low, high, floor, n, groups."""
        return pd.DataFrame(
            [
                {
                    "model": model, "metric": name, "estimate": one.figure.estimate, "low": one.figure.low,
                    "high": one.figure.high, "floor": one.floor, "n": one.figure.n, "groups": one.figure.groups,
                }
                for model, figures in self.figures.items()
                for name, one in figures.items()
            ]
        )  # fmt: skip

    def document(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {
            "relevance": self.relevance,
            "compared": self.compared,
            "queries_without_relevant_rows": self.unanswerable,
            "figures": self.table.to_dict(orient="records"),
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return f"RetrievalFigures({', '.join(self.figures)}; relevant: {self.relevance})"

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, escape=True)


@shows_progress
def evaluate_retrieval(
    record: str | Path | Record,
    *,
    models: Sequence[str] | None = None,
    codes: bool = False,
    relevance: str = "any",
    cutoffs: Sequence[int] = CUTOFFS,
    store: str | Path | None = None,
    watcher: Watcher | None = None,
) -> RetrievalFigures:
    """Return how good the nearest rows are: every held-out row is a query among the training rows of its fold.

    Both are embedded in the network of that fold, which did not see the query's group.

    Parameters
    ----------
    record
        A finished run.
    models
        Models of the run; all of them by default, with `codes` those whose head codes rows.
    codes
        Compare codes (Hamming or asymmetric distances) instead of embeddings (cosine).
    relevance
        "any", "all", "jaccard", "jaccard:SHARE" or "block:CLASS".
    cutoffs
        The k of figures at k.
    store
        Folder of the store of decoded rows; None for the user's own.
    watcher
        Receives progress.

    Raises
    ------
    EvenhandError
        If the run is not finished, a model or relevance is unknown, no head codes rows, or nothing is relevant.
    """
    if not cutoffs or not all(map(is_number_of_rows, cutoffs)):
        raise EvenhandError("k: figures need whole numbers of rows of 1 or more, such as 10.")
    watcher = watcher or Silent()
    run = Record.open(record)
    settings, rows_store = load(run.resolved()), readers_store(store)
    samples = run.samples()
    blocks = [block.classes for block in samples.exclusive]
    relevant = Relevance.named(
        relevance,
        samples.classes,
        blocks,
        several=samples.multi_label,
        read_off=settings.data.exclusive == "auto",
    )
    chosen = network_names(settings, models)
    if codes:
        coding = coding_models(settings, chosen)
        if models is not None and (others := [name for name in chosen if name not in coding]):
            raise EvenhandError(
                f"The head of {', '.join(others)} codes no rows. Leave out --codes, or name only models whose head "
                f"does: {', '.join(coding)}."
            )
        chosen = coding
    groups, families = run.folds().resampling_groups(samples, np.arange(len(samples)))
    labels, figures, lost = samples.known_matrix(), {}, 0
    for name in chosen:
        # one model after another, and its folds likewise: the vectors of all are more than memory holds
        asked, parts = _asked_of(run, settings, name, watcher, rows_store)
        sets = (
            _query_set(vectors, of, labels, samples.ids, groups, codes=codes)
            for vectors, of in zip(row_vectors(run, settings, asked, watcher, rows_store), parts, strict=True)
            if len(of.scored)
        )
        found = query_figures(sets, relevant, tuple(dict.fromkeys(sorted(cutoffs))))
        lost = int((~found.counted).sum())
        figures[name] = summarised(found, draws=settings.evaluate.draws, families=families)
    return RetrievalFigures(
        figures, relevant.words, "codes" if codes else "embeddings", lost, tuple(_notes(settings, chosen))
    )


def _asked_of(
    run: Record, settings: Settings, name: str, watcher: Watcher, store: Store
) -> tuple[list[Asked], list[TaskRows]]:
    """Return the rows of each fold of a model, those fitted on before those held out, and the parts."""
    context = TaskContext.of(str(run.path), store.place(), name)
    seed, asked, parts = context.model.seeds[0], [], []
    for fold in range(settings.folds.k):
        entry, at = encoded_rows(run, settings, context, context.size_of_fold(fold, seed), watcher, store)
        of = context.parts(fold)
        asked.append(Asked(entry, at[np.concatenate([of.fit, of.scored])], name, fold, seed))
        parts.append(of)
    return asked, parts


def _query_set(
    found: RowVectors, of: TaskRows, labels: Floats, ids: Strings, groups: Any, *, codes: bool
) -> QuerySet:
    fit, scored = of.fit, of.scored
    database, queries = np.arange(len(fit)), np.arange(len(fit), len(fit) + len(scored))
    return QuerySet(
        found.index(database, codes=codes),
        found.queries(queries, codes=codes),
        labels[fit],
        labels[scored],
        ids[scored],
        None if groups is None else groups[fit],
        None if groups is None else groups[scored],
    )


def network_names(settings: Settings, models: Sequence[str] | None) -> list[str]:
    """Return the models that have networks, or those asked for; raises `EvenhandError` where one is none."""
    names = [model.name for model in settings.model]
    for name in models or ():
        if name not in names:
            raise EvenhandError(f"{unknown('model', name, names)} Blends have no embeddings.")
    return list(dict.fromkeys(models or names))


def coding_models(settings: Settings, names: Sequence[str]) -> list[str]:
    """Return the models whose head codes rows; raises `EvenhandError` where none does."""
    found = [model.name for model in settings.model if model.name in names and HEADS.get(model.head).coding]
    if not found:
        raise EvenhandError(
            f"No head of {', '.join(names)} codes rows. Search embeddings without --codes, or train "
            'head = "hash" or "product_quantizer".'
        )
    return found


def _notes(settings: Settings, chosen: Sequence[str]) -> Iterator[str]:
    many = [model.name for model in settings.model if model.name in chosen and len(model.seeds) > 1]
    if many:
        yield f"Of the seeds of {', '.join(many)}, the first embeds rows: networks of several cannot be compared."

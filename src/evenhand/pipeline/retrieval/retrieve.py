"""`retrieve`: the rows of a run that are nearest to files, texts or rows of the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.base.text.label_texts import label_texts
from evenhand.base.values import TEST, TRUTH_THRESHOLD, Floats, Ints, Samples
from evenhand.data.roots.root import Root, root_of
from evenhand.data.store.store import Store
from evenhand.evaluation.reading.from_record import best_model
from evenhand.evaluation.reading.scores import scores_of
from evenhand.evaluation.retrieval.faiss_search import check_engine
from evenhand.evaluation.retrieval.nearest import Neighbours, is_number_of_rows
from evenhand.evaluation.retrieval.relevance import Relevance
from evenhand.pipeline.retrieval.evaluate_retrieval import coding_models, network_names
from evenhand.pipeline.retrieval.fold_vectors import Asked, row_vectors
from evenhand.pipeline.retrieval.queries import NewQueries, Queries, read_queries
from evenhand.pipeline.retrieval.retrieve_result import QueryShown, RetrievalResult
from evenhand.pipeline.retrieval.without_own import groups_of_queries, search_without_own
from evenhand.pipeline.stages.encoded_rows import encoded_rows
from evenhand.pipeline.stages.execution.progress import Silent, Watcher
from evenhand.pipeline.stages.execution.progress_bars import shows_progress
from evenhand.pipeline.stages.label_separator import with_label_separator
from evenhand.pipeline.stages.source import encode, readers_store
from evenhand.settings.load import Settings, load
from evenhand.training.tasks.context import TaskContext


@dataclass(frozen=True, eq=False)
class _Search:
    """One search in the network of a fold among rows of the run: queries are rows of the run, or from elsewhere."""

    fold: int
    database: Ints
    own: Ints
    new: NewQueries | None = None
    locked: bool = False


@shows_progress
def retrieve(
    record: str | Path | Record,
    queries: str | Path | Sequence[str | Path] = (),
    *,
    text: str | Sequence[str] = (),
    model: str | None = None,
    k: int = 10,
    codes: bool = False,
    relevance: str = "any",
    index: str = "numpy",
    store: str | Path | None = None,
    watcher: Watcher | None = None,
) -> RetrievalResult:
    """Return the rows of a run nearest to each query.

    A row of the run is embedded in the network of the fold that held it out, and its database are the training rows
    of that fold. Locked rows and new ones, on which no network was trained, are embedded in the network of the
    first fold; their database are all rows that are not locked, that fold's held-out ones among them. Rows of a
    query's own group, or of the group of a row with its content, its picture or its text, are not in its database.

    Parameters
    ----------
    record
        A finished run.
    queries
        Ids of rows of the run, files, folders or zips.
    text
        Words to search for, of kinds whose rows have a text; one text goes with every file, if there are files.
    model
        A model of the run; by default the best of those with a network (with `codes`, whose head codes rows).
    k
        Neighbours of each query.
    codes
        Compare codes (Hamming or asymmetric distances) instead of embeddings (cosine).
    relevance
        What marks a neighbour as a hit, for queries that are rows of the run: "any", "all", "jaccard",
        "jaccard:SHARE" or "block:CLASS".
    index
        "numpy", or "faiss" for embeddings, if it is installed; it is used above 50,000 rows.
    store
        Folder of the store of decoded rows; None for the user's own.
    watcher
        Receives progress.

    Raises
    ------
    EvenhandError
        If the run is not finished, a query cannot be read, or the model, relevance, index or number is wrong.
    """
    if not is_number_of_rows(k):
        raise EvenhandError(f"k: {k} neighbours cannot be shown; give a whole number, 1 or more.")
    watcher = watcher or Silent()
    run = Record.open(record)
    settings, rows_store = with_label_separator(run, load(run.resolved())), readers_store(store)
    samples = run.samples()
    blocks = [block.classes for block in samples.exclusive]
    relevant = Relevance.named(
        relevance,
        samples.classes,
        blocks,
        several=samples.multi_label,
        read_off=settings.data.exclusive == "auto",
    )
    check_engine(index, codes=codes)
    chosen = _model(run, settings, model, codes=codes)
    words = [queries] if isinstance(queries, (str, Path)) else list(queries)
    found = read_queries(words, [text] if isinstance(text, str) else list(text), samples, settings)
    context = TaskContext.of(str(run.path), rows_store.place(), chosen)
    searches = list(_searches(run, context, found))
    groups = run.folds().resampling_groups(samples, np.arange(len(samples)))[0]
    groups = samples.ids if groups is None else groups
    numbers = np.unique(groups.astype(str), return_inverse=True)[1].reshape(-1)
    folds = list(dict.fromkeys(search.fold for search in searches))
    every = np.arange(len(samples))
    asked = [_own_rows(run, settings, context, fold, every, watcher, rows_store) for fold in folds]
    asked += [_new_rows(settings, context, one, watcher, rows_store) for one in searches if one.new is not None]
    vectors = list(row_vectors(run, settings, asked, watcher, rows_store))
    of_fold, of_new = dict(zip(folds, vectors, strict=False)), iter(vectors[len(folds) :])
    labels, root = samples.known_matrix(), root_of(settings.data)
    tables: list[pd.DataFrame] = []
    shown: dict[str, QueryShown] = {}
    names: Sequence[str]
    copied: set[int] = set()
    held: list[Ints]
    for one in searches:
        own = of_fold[one.fold]
        if one.new is None:
            rows, names, where = samples.take(one.own), list(samples.ids[one.own]), root
            held = [numbers[[at]] for at in one.own]
            asking = own.queries(one.own, codes=codes)
            known = relevant.between(labels[one.own], labels[one.database])
        else:
            rows, names, where, known = one.new.samples, one.new.names, one.new.root, None
            same = settings.kind.same_content(samples, where, rows)
            held = groups_of_queries(same, numbers, len(rows))
            copied |= set(np.intersect1d(same[:, 1], one.database).tolist())
            asking = next(of_new).queries(np.arange(len(rows)), codes=codes)
        near = search_without_own(
            own.index(one.database, codes=codes), asking, k, groups=numbers[one.database], own=held, engine=index
        )
        tables.append(_table(near, names, samples, one.database, known, settings))
        shares = _hit_shares(known, numbers[one.database], numbers[one.own]) if known is not None else None
        section = settings.kind_config if one.new is None else None
        shown |= _shown(names, rows, where, shares, settings.data.separator, section)
    table = pd.concat(tables, ignore_index=True)
    at = np.flatnonzero(np.isin(samples.ids.astype(str), table["id"].astype(str)))
    own_rows = {
        str(row["id"]): QueryShown(root, row, section=settings.kind_config) for row in _cells(samples.take(at))
    }
    return RetrievalResult(
        table,
        chosen,
        "codes" if codes else "embeddings",
        relevant.words,
        shown,
        own_rows,
        settings.kind,
        tuple(_notes(searches, settings, relevant, len(copied))),
    )


def _model(run: Record, settings: Settings, model: str | None, *, codes: bool) -> str:
    names = network_names(settings, None if model is None else [model])
    if codes:
        names = coding_models(settings, names)
    best = best_model(run)
    if best in names:
        return best
    document = scores_of(run)
    scores, metric = document["scores"], document["headline"].get("metric")
    held = {name: scores.get(name, {}).get("oof", {}).get(metric, {}).get("estimate") for name in names}
    return max(names, key=lambda name: -np.inf if held[name] is None else held[name])


def _searches(run: Record, context: TaskContext, found: Queries) -> Iterator[_Search]:
    """Yield a search for each network that queries are embedded in."""
    folds = run.folds().of(context.samples.ids)
    trained = np.flatnonzero(folds != TEST)
    of_own = folds[found.own]
    for fold in np.unique(of_own):
        own = found.own[of_own == fold]
        # no network was trained on a locked row
        at = trained if fold == TEST else context.parts(int(fold)).fit
        yield _Search(0 if fold == TEST else int(fold), at, own, locked=bool(fold == TEST))
    for one in found.new:
        yield _Search(0, trained, np.zeros(0, dtype=np.int64), one)


def _own_rows(
    run: Record, settings: Settings, context: TaskContext, fold: int, every: Ints, watcher: Watcher, store: Store
) -> Asked:
    """Return all rows of the run in the network of a fold."""
    seed = context.model.seeds[0]
    entry, at = encoded_rows(run, settings, context, context.size_of_fold(fold, seed), watcher, store)
    return Asked(entry, at[every], context.model.name, fold, seed)


def _new_rows(settings: Settings, context: TaskContext, search: _Search, watcher: Watcher, store: Store) -> Asked:
    """Return queries from elsewhere in the network of a fold; raises `EvenhandError` if one cannot be decoded."""
    assert search.new is not None
    seed, rows = context.model.seeds[0], search.new.samples
    size = context.size_of_fold(search.fold, seed)
    new = encode(settings.kind, search.new.root, rows, settings, size, watcher, store)
    if new.failures:
        row, why = next(iter(new.failures.items()))
        raise EvenhandError(f"{search.new.names[row]}: cannot be decoded: {why}")
    return Asked(new.name, np.arange(len(rows)), context.model.name, search.fold, seed)


def _table(
    near: Neighbours, names: Sequence[str], samples: Samples, database: Ints, known: Any, settings: Settings
) -> pd.DataFrame:
    """Return the rows of `RetrievalResult.table` of one search."""
    query, rank = np.nonzero(near.rows >= 0)
    column = near.rows[query, rank]
    at = database[column]
    out = pd.DataFrame({"query": np.asarray(names, dtype=object)[query].astype(str), "rank": rank + 1})
    out["id"] = samples.ids[at]
    for name in ("path", *settings.kind.shown):
        out[name] = samples.frame[name].to_numpy(dtype=object)[at]
    out["labels"] = label_texts(samples.matrix()[at] >= TRUTH_THRESHOLD, samples.classes, settings.data.separator)
    out["similarity"] = near.similarity[query, rank]
    hit = np.full(len(out), None, dtype=object)
    if known is not None:
        found = known[query, column]
        hit[found >= 0] = (found[found >= 0] == 1).astype(object)
    out["relevant"] = hit
    return out


def _hit_shares(known: Any, groups: Ints, query_groups: Ints) -> Floats:
    """Return (q,) the share of hits among the rows of other groups whose relevance is known; NaN without any."""
    counted = (known >= 0) & (groups[None, :] != query_groups[:, None])
    hits = (counted & (known == 1)).sum(axis=1)
    return np.where(counted.any(axis=1), hits / np.maximum(counted.sum(axis=1), 1), np.nan)


def _shown(
    names: Sequence[str], rows: Samples, root: Root, shares: Floats | None, separator: str, section: Any
) -> dict[str, QueryShown]:
    """Return the queries of one search by their names; `shares` are those of hits, None of rows from elsewhere."""
    if shares is None:
        return {
            str(name): QueryShown(root, row, section=section) for name, row in zip(names, _cells(rows), strict=True)
        }
    labels = label_texts(rows.matrix() >= TRUTH_THRESHOLD, rows.classes, separator)
    found = zip(names, _cells(rows), labels, rows.known, shares, strict=True)
    return {
        str(name): QueryShown(
            root, row, held if known else None, None if np.isnan(share) else float(share), section
        )
        for name, row, held, known, share in found
    }


def _cells(samples: Samples) -> list[dict[str, Any]]:
    """Return the rows of the frame as `Kind.picture_of` takes them."""
    return [dict(zip(map(str, samples.frame.columns), row, strict=True)) for row in samples.frame.to_numpy(object)]


def _notes(searches: Sequence[_Search], settings: Settings, relevant: Relevance, copied: int) -> Iterator[str]:
    own = [search for search in searches if search.new is None]
    if own:
        yield f"Of rows of the run, hits have {relevant.words}."
    if any(not search.locked for search in own):
        yield "Held-out rows are searched for in the network of their fold, among the training rows of that fold."
    if any(search.locked for search in own):
        yield "Locked rows are searched for in the network of fold 0, among all rows that are not locked."
    if any(search.new is not None for search in searches):
        yield "New rows are searched for in the network of fold 0, among all rows that are not locked."
    if copied:
        yield (
            f"Rows of the run with the content of a query, or with its picture or text, are left out of its "
            f"search: {copied:,}, and their groups."
        )
    if settings.folds.test is not None:
        yield "Locked rows are never among those found."

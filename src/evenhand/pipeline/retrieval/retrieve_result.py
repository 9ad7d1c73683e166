"""What `retrieve` returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evenhand.data.roots.root import Root
from evenhand.modalities import Kind


@dataclass(frozen=True, eq=False)
class QueryShown:
    """A query, for a page: the row of a frame, and the root that it is read from.

    Attributes
    ----------
    root, cells
        Where its picture is read from, and the columns of its row.
    labels
        Labels of a row of the run; None where they are not known.
    hit_share
        Share of the rows of its database that are hits, which a random ranking would have too; None where the
        labels are not known.
    section
        Of a row of the run: the section of its kind. Its picture is drawn only if the file is the run's.
    """

    root: Root
    cells: Mapping[str, Any]
    labels: str | None = None
    hit_share: float | None = None
    section: Any = None


@dataclass(frozen=True, eq=False)
class RetrievalResult:
    """The rows of a run nearest to some queries.

    Attributes
    ----------
    table
        A line for each query and neighbour: query (its id or name), rank (from 1), id, path, columns that the kind
        shows (text), labels, similarity (cosine; share of equal bits; of product quantisation 1 - d² / 2),
        relevant (True, False, or None where a label is not known; of queries that are rows of the run).
    model
        Name of the model.
    compared
        "embeddings" or "codes".
    relevance
        What a hit has in common with its query, in words.
    queries
        Id or name -> the query, in the order of the table.
    own
        Id -> a row of the run that was found.
    kind
        The kind of data.
    notes
        What a reader must know.
    """

    table: pd.DataFrame
    model: str
    compared: str
    relevance: str
    queries: Mapping[str, QueryShown]
    own: Mapping[str, QueryShown]
    kind: Kind
    notes: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        rows = self.table.astype(object).where(self.table.notna(), None)
        return {
            "model": self.model,
            "compared": self.compared,
            "relevance": self.relevance,
            "shown": list(self.kind.shown),
            "queries": [self._query(name, one) for name, one in self.queries.items()],
            "rows": rows.to_dict(orient="records"),
            "notes": list(self.notes),
        }

    def _query(self, name: str, one: QueryShown) -> dict[str, Any]:
        shown = {column: str(one.cells.get(column, "")) for column in ("path", *self.kind.shown)}
        return {"query": name, **shown, "labels": one.labels, "hit_share": one.hit_share}

    def save(self, page: str | Path, *, force: bool = False) -> Path:
        """Write a page with a strip of pictures for each query, and return its path.

        Raises
        ------
        EvenhandError
            If the file exists, unless `force`.
        """
        from evenhand.pipeline.retrieval.write import write_page

        return write_page(self, Path(page), force=force)

    def __repr__(self) -> str:
        return f"RetrievalResult({len(self.queries):,} queries, {self.compared} of {self.model})"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.table.to_html(index=False, escape=True, max_rows=20)}"

"""`evenhand retrieve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli.console import print_json
from evenhand.cli.options import Force, Json, RecordPath, StoreFolder
from evenhand.cli.unused_options import refuse_options

_OF_QUERIES = ("k", "page", "index", "force")


def retrieve(
    context: typer.Context,
    record: RecordPath,
    queries: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[QUERY]...", help="Files, folders or zips, or ids of rows of the run.", show_default=False
        ),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(
            "--text", help="Words to search for; one text goes with every file, if there are any. Repeatable."
        ),
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model", help="A model of the run; with --evaluate repeatable. By default the best, or all."
        ),
    ] = None,
    k: Annotated[int, typer.Option("--k", help="Neighbours of each query.")] = 10,
    codes: Annotated[
        bool, typer.Option("--codes", help="Compare codes of a hashing or quantising head, not embeddings.")
    ] = False,
    evaluate: Annotated[
        bool,
        typer.Option(
            "--evaluate", help="Show figures: held-out rows as queries among the training rows of their fold."
        ),
    ] = False,
    relevance: Annotated[
        str,
        typer.Option("--relevance", help="What is a hit: any, all, jaccard, jaccard:SHARE or block:CLASS."),
    ] = "any",
    cutoff: Annotated[
        list[int] | None,
        typer.Option("--at", metavar="K", help="With --evaluate: the K of figures at K; repeatable."),
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with pictures to this file.")
    ] = None,
    force: Force = False,
    index: Annotated[
        str, typer.Option("--index", help="numpy, or faiss for embeddings of more than 50,000 rows.")
    ] = "numpy",
    store: StoreFolder = None,
    as_json: Json = False,
) -> None:
    """Show the rows of a run nearest to pictures, texts or rows, or with --evaluate how good such rows are."""
    from evenhand.base.errors import EvenhandError
    from evenhand.base.storage.files.output_file import output_file
    from evenhand.cli.progress import watching
    from evenhand.cli.tables.results.retrieve import print_figures, print_neighbours
    from evenhand.evaluation.retrieval.evaluate_retrieval import CUTOFFS
    from evenhand.pipeline.retrieval.evaluate_retrieval import evaluate_retrieval
    from evenhand.pipeline.retrieval.retrieve import retrieve as run_retrieve

    if evaluate:
        if queries or text:
            raise EvenhandError("--evaluate takes every held-out row as a query. Leave out the queries and --text.")
        refuse_options(context, _OF_QUERIES, "--evaluate shows figures, not rows")
        with watching() as watcher:
            figures = evaluate_retrieval(
                record,
                models=model or None,
                codes=codes,
                relevance=relevance,
                cutoffs=cutoff or CUTOFFS,
                store=store,
                watcher=watcher,
            )
        print_json(figures.document()) if as_json else print_figures(figures)
        return
    refuse_options(context, ("cutoff",), "figures are shown with --evaluate alone")
    if model and len(model) > 1:
        raise EvenhandError("--model: name one model; several are compared with --evaluate.")
    if page is None:
        refuse_options(context, ("force",), "nothing is written without --html")
    else:
        output_file(page, force=force, option="--html")
    with watching() as watcher:
        found = run_retrieve(
            record,
            queries or (),
            text=text or (),
            model=model[0] if model else None,
            k=k,
            codes=codes,
            relevance=relevance,
            index=index,
            store=store,
            watcher=watcher,
        )
    written = None if page is None else found.save(page, force=force)
    print_json(found.document()) if as_json else print_neighbours(found, written)

"""`evenhand cache`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from evenhand.cli.console import print_json, print_line
from evenhand.cli.options import Json, StoreFolder


def cache(
    folder: StoreFolder = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove all entries that are not in use.")] = False,
    as_json: Json = False,
) -> None:
    """List the entries of the store of decoded rows and activations, or clear it."""
    from evenhand.cli.tables.cache import print_cache, size_words
    from evenhand.pipeline.verbs.cache import cache as entries_of
    from evenhand.pipeline.verbs.cache import cache_folder, clear_cache

    if clear:
        freed = clear_cache(folder)
        if as_json:
            print_json({"entries": freed.entries, "bytes": freed.bytes, "in_use": freed.in_use}, indent=None)
            return
        stay = f" {freed.in_use} entries are in use and were kept." if freed.in_use else ""
        print_line(f"Removed {freed.entries} entries, {size_words(freed.bytes)}.{stay}")
        return
    table = entries_of(folder)
    if as_json:
        rows = json.loads(table.to_json(orient="records", date_format="iso", date_unit="s"))
        print_json({"folder": cache_folder(folder), "entries": rows})
    else:
        print_cache(table, cache_folder(folder))

"""`evenhand env`."""

from __future__ import annotations

from evenhand.cli.console import print_json
from evenhand.cli.options import Json, StoreFolder


def env(store: StoreFolder = None, as_json: Json = False) -> None:
    """Show versions, devices and whether each can be trained on, cores, the store, and the weights at hand.

    The check after installing, and the first thing to put into a bug report.
    """
    from evenhand.cli.tables.env import print_environment
    from evenhand.pipeline.verbs.env import env as environment_of

    found = environment_of(store)
    if as_json:
        print_json(found.document())
    else:
        print_environment(found)

"""The command line: one thin file per verb; `main` is the console script."""

from evenhand.cli.app import main

__all__ = ["main"]

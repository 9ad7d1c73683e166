"""The shell: one file per verb, thin; `main` is the console script."""

from evenhand.cli.app import main

__all__ = ["main"]

"""The application: all verbs, and the options before any of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.models import ParameterInfo

from evenhand import __version__
from evenhand.cli.commands import cache, check, demo, env, init, keys, predict, run, runs, split, submit, verify
from evenhand.cli.commands.results import (
    ablation,
    audit,
    compare,
    diagnose,
    doctor,
    earliness,
    ensemble,
    evaluate,
    journal,
    report,
    retrieve,
    review,
)
from evenhand.cli.errors import debugging, report_errors
from evenhand.cli.locale import escape_unencodable, restart_in_utf8_mode
from evenhand.cli.standard_streams import open_closed_streams, output_errors

app = typer.Typer(
    name="evenhand",
    help="Train classifiers on small, skewed, grouped data, and learn what their numbers are worth.",
    epilog="Exit codes: 0 done, 1 findings of severity error, 2 wrong use, 3 interrupted and resumable.",
    no_args_is_help=True,
    # `report_errors` makes sentences of errors; with --debug Python's own traceback is shorter than Rich's.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"evenhand {__version__}")
        raise typer.Exit


@app.callback()
def global_options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Set the options that precede any verb."""
    debugging(debug)


def escape_help(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Escape the help of the options of a verb: [score] is a section, not Rich markup."""
    verb.__annotations__ = inspect.get_annotations(
        verb, eval_str=True
    )  # evaluated once, so that typer sees the options escaped here
    for annotation in verb.__annotations__.values():
        for option in getattr(annotation, "__metadata__", ()):
            if isinstance(option, ParameterInfo) and option.help and id(option) not in _LITERAL:
                option.help = escape(option.help)
                _LITERAL[id(option)] = option
    return verb


_LITERAL: dict[int, ParameterInfo] = {}
"""Options whose help has been escaped, by `id`: verbs share some, and escaping twice would show backslashes."""

for verb in (
    init.init,
    check.check,
    split.split,
    run.run,
    runs.runs,
    ablation.ablation,
    predict.predict,
    diagnose.diagnose,
    retrieve.retrieve,
    earliness.earliness,
    doctor.doctor,
    evaluate.evaluate,
    compare.compare,
    ensemble.ensemble,
    audit.audit,
    review.review,
    submit.submit,
    report.report,
    journal.journal,
    keys.keys,
    cache.cache,
    verify.verify,
    env.env,
    demo.demo,
):
    app.command(help=escape(inspect.getdoc(verb) or ""))(report_errors(escape_help(verb)))


def main() -> None:
    """Run the command line."""
    open_closed_streams()
    # Before anything reads a file name: Python fixes the encoding of names when it starts.
    restart_in_utf8_mode()
    escape_unencodable()
    with output_errors():
        app()

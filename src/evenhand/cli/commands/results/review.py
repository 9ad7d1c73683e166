"""`evenhand review`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.base.errors import DataError
from evenhand.cli.options import Json, Set
from evenhand.cli.review_agreement import report_agreement
from evenhand.cli.review_changes import change


def review(
    source: Annotated[Path, typer.Argument(help="The folder of a run, or a TOML file.", show_default=False)],
    run: Annotated[
        Path | None,
        typer.Option(
            "--run", metavar="RECORD", help="With a TOML file: a run whose probabilities and findings are shown."
        ),
    ] = None,
    session: Annotated[
        Path | None,
        typer.Option(
            "--session", metavar="FOLDER", help="Where decisions are kept; by default review/ beside runs."
        ),
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option("--reviewer", metavar="NAME", help="Who decides; by default the user.")
    ] = None,
    order: Annotated[
        str | None, typer.Option("--order", metavar="ORDER", help="The order to begin with, such as by_class.")
    ] = None,
    planted: Annotated[
        Path | None,
        typer.Option(
            "--planted",
            metavar="FILE",
            help="A CSV of rows of known class (id, label, and shown if shown under another): "
            "--agreement then says how often each reviewer is wrong.",
        ),
    ] = None,
    port: Annotated[int, typer.Option("--port", help="Port; if it is in use, the next free one is taken.")] = 8797,
    export: Annotated[
        bool, typer.Option("--export", help="Write the decisions as corrections.csv of the session, and stop.")
    ] = False,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Show what the decisions change in files and table, ask, and change them."),
    ] = False,
    unapply: Annotated[bool, typer.Option("--unapply", help="Undo the latest --apply, bit for bit.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --apply: do not ask.")] = False,
    agreement: Annotated[
        bool,
        typer.Option(
            "--agreement",
            help="Print how far reviewers agree and how far suggestions move them, and stop.",
        ),
    ] = False,
    as_json: Json = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
    set_: Set = None,
) -> None:
    """Look through the rows one by one in a local page: keep, relabel, trash, unsure, with undo.

    Every decision is a line of decisions.jsonl in the folder of the session; no data are changed before --apply.
    The page answers on this machine only, at the address that is printed. Ctrl+C stops it; the same command resumes
    where it stopped.
    """
    asked = {"export": export, "apply": apply, "unapply": unapply, "agreement": agreement}
    wanted = [name for name, given in asked.items() if given]
    if len(wanted) > 1:
        raise DataError(f"--{wanted[0]} and --{wanted[1]} do not go together.")
    if as_json and not agreement:
        raise DataError("--json goes with --agreement.")
    if yes and not apply:
        raise DataError("--yes goes with --apply.")
    if planted is not None and wanted and not agreement:
        raise DataError(f"--planted does not go with --{wanted[0]}.")
    if agreement:
        report_agreement(source, session=session, changes=set_ or [], as_json=as_json, planted=planted, run=run)
        return
    if wanted:
        change(source, wanted[0], session=session, changes=set_ or [], yes=yes, run=run)
        return
    from evenhand.review.server.serve import require_extra, serve

    require_extra()
    from evenhand.cli.console import print_line
    from evenhand.cli.damaged_lines import print_damaged
    from evenhand.review.server.access import Access
    from evenhand.review.server.app import build_app
    from evenhand.review.server.open_session import open_session

    opened = open_session(
        source, changes=set_ or [], run=run, folder=session, reviewer=reviewer, order=order, planted=planted
    )
    counts = opened.session.standing()["counts"]

    def build(found: int) -> tuple[object, str]:
        access = Access.on(found)
        return build_app(opened.session, access), access.address

    def say(address: str, found: int) -> None:
        if port not in (0, found):
            print_line(f"Port {port} is in use; the page is on port {found}.")
        print_line(f"{counts['rows']:,} rows, {counts['decided']:,} decided by {opened.session.reviewer}.")
        print_damaged(opened.session.live.log)
        print_line(f"Open {address}")
        print_line("Ctrl+C stops it.")
        if opened.new is not None:
            opened.new.start(opened.session, print_line)

    serve(build, port, say=say, browser=not no_open)
    done = opened.session.standing()["counts"]
    print_line(f"{done['decided']:,} of {done['rows']:,} rows decided; the log is {opened.session.live.log.path}.")

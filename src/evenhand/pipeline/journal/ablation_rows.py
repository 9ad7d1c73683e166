"""The rows of an ablation in a journal: what is expected and, once it was run, what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evenhand.base.text.markdown import markdown_table, markdown_text
from evenhand.base.text.toml_text import toml_value
from evenhand.reporting.write_html import figure_words

Document = Mapping[str, Any]


def ablation_lines(resolved: Document, found: Document | None) -> list[str]:
    """Return the table of an ablation as lines of Markdown; nothing where none is planned and none was run.

    Parameters
    ----------
    resolved
        The configuration of the base, with [ablation].
    found
        ablation.json of its record, or None.
    """
    rows = _rows(resolved, found)
    if not rows:
        return []
    cells = [[markdown_text(row["name"]), _sets(row), markdown_text(row["expect"]), _outcome(row)] for row in rows]
    return [*markdown_table(("change", "sets", "expected", "came out"), cells), *_causes(found)]


def _causes(found: Document | None) -> list[str]:
    """Return the causes in order as lines of Markdown; nothing where there are none."""
    causes: Sequence[Document] = found.get("causes", []) if found else []
    if not causes:
        return []
    cells = [
        [
            markdown_text(one["name"]),
            markdown_text(one["metric"]),
            _cause(one["alone"]),
            _cause(one["given_others"]),
        ]
        for one in causes
    ]
    return ["", "Causes in order:", "", *markdown_table(("cause", "metric", "alone", "given the others"), cells)]


def _cause(verdict: Document | None) -> str:
    return "" if verdict is None else f"**{verdict['verdict']}**: {figure_words(verdict['difference'], 4)}"


def planned_rows(resolved: Document, found: Document | None) -> list[Document]:
    """Return the rows that were not run yet."""
    return [row for row in _rows(resolved, found) if row["state"] == "planned"]


def _rows(resolved: Document, found: Document | None) -> list[Document]:
    """Return the rows that were run or begun, then the changes of the configuration that are not among them."""
    ran: Sequence[Document] = [row for row in found["rows"] if row["set"]] if found else []
    known = {row["name"] for row in ran}
    blank = {"state": "planned", "expect": "", "error": "", "figures": {}, "verdicts": []}
    planned = [row for row in (resolved.get("ablation") or {}).get("change", []) if row["name"] not in known]
    return [*ran, *({**blank, **row} for row in planned)]


def _sets(row: Document) -> str:
    return "<br>".join(markdown_text(f"{key} = {toml_value(value)}") for key, value in row["set"].items())


def _outcome(row: Document) -> str:
    if row["error"]:
        return f"failed: {markdown_text(row['error'])}"
    if row["state"] == "planned":
        return "*not run yet*"
    words = [
        f"**{verdict['verdict']}** in {markdown_text(verdict['metric'])}: {figure_words(verdict['difference'], 4)}"
        for verdict in row["verdicts"]
    ]
    # A row that leaves a change out has figures, and verdicts among the causes only.
    words = words or [f"{markdown_text(name)} {figure_words(figure)}" for name, figure in row["figures"].items()]
    return "<br>".join(words) or "run, not compared yet"

"""The entry of a run: date, place, what changed, results with intervals, analysis, ablation, next steps."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.base.text.counted import count
from evenhand.base.text.markdown import markdown_code, markdown_table, markdown_text
from evenhand.base.text.toml_text import set_option
from evenhand.base.values import RowSet
from evenhand.pipeline.ablation.ablation_result import RESULT
from evenhand.pipeline.comparison.compare import compare
from evenhand.pipeline.journal.ablation_rows import ablation_lines, planned_rows
from evenhand.pipeline.journal.blocks import short_hash
from evenhand.pipeline.journal.config_changes import config_changes
from evenhand.reporting.write_html import figure_words

VERSION = "1"
"""Of the form of entries: with another one, all that no person changed are written again."""
MOST_FINDINGS = 10
MOST_METRICS = 4
_NAME = re.compile(r"(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)\d\d(?:_j(\w+?))?(?:_\d+)?")


@dataclass(frozen=True)
class Experiment:
    """A finished run and what it is compared with.

    Attributes
    ----------
    record
        The run.
    against
        The run that it is compared with, or None.
    verdict
        Of an ablation: the verdict on this row, as its table has it; the runs are then not compared again.
    """

    record: Record
    against: Record | None = None
    verdict: str = ""

    @property
    def id(self) -> str:
        """The name of its folder, by which its entry is found again."""
        return self.record.path.resolve().name

    @property
    def run(self) -> str:
        """A hash of what makes it this run: another one may have a folder of the same name."""
        return short_hash(f"{self.record.data().get('fingerprint')} {_environment(self.record).get('started')}")

    def source(self, folder: Path) -> str:
        """Return a hash of everything that its entry is made from."""
        files = ("resolved.toml", "environment.json", "scores.json", "findings.jsonl", RESULT)
        parts = [VERSION, _relative(self.record, folder), self.verdict]
        for record in (self.record, *([self.against] if self.against else [])):
            parts += [record.path.name, *(_raw(record, name) for name in files)]
        return short_hash("\0".join(parts))


def entry_of(experiment: Experiment, folder: Path) -> str:
    """Return the entry of a run as Markdown, with line feeds.

    Parameters
    ----------
    folder
        That of the journal; paths are relative to it.

    Raises
    ------
    RecordError
        If the record is damaged.
    """
    record = experiment.record
    resolved, scores = record.resolved(), record.json("scores.json")
    name = str(resolved.get("name") or experiment.id)
    lines = [f"## {anchor(experiment.id)}{date_of(record)} · {markdown_text(name)}", ""]
    lines += [f"- **{head}:** {text}" for head, text in _facts(record, resolved, scores, folder) if text]
    lines += _section("What changed", _changed(experiment, resolved))
    lines += _section("Results", [*_results(scores["scores"], record.score_metrics()), *_verdict(experiment)])
    lines += _section("Analysis", _analysis(record))
    lines += _section("Ablation", ablation_lines(resolved, _ablation(record)))
    lines += _section("Next steps", _next_steps(record, resolved))
    return "\n".join(lines)


def anchor(id: str) -> str:
    """Return the target of links to an entry."""
    return f'<a id="{anchor_name(id)}"></a>'


def anchor_name(id: str) -> str:
    """Return the name of an entry's target: letters, digits, "_" and "-" only."""
    return "run-" + re.sub(r"[^0-9A-Za-z_-]+", "-", id)


def date_of(record: Record) -> str:
    """Return when a run began, "2026-11-22 10:15", by the name of its folder or its environment."""
    match = _NAME.fullmatch(record.path.resolve().name)
    if match:
        return f"{match[1]}-{match[2]}-{match[3]} {match[4]}:{match[5]}"
    started = str(_environment(record).get("started", ""))[:16].replace("T", " ")
    return started if re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", started) else "without date"


def _facts(
    record: Record, resolved: Mapping[str, Any], scores: Mapping[str, Any], folder: Path
) -> Iterator[tuple[str, str]]:
    yield "Result", _result(scores)
    yield "Tags", ", ".join(markdown_text(str(tag).replace(",", " ")) for tag in resolved.get("tags", []))
    yield "Place", _place(record, scores)
    yield "Record", markdown_code(_relative(record, folder))
    data, folds = record.data(), resolved["folds"]
    rows = f"{count(int(data['rows']), 'row')} of {markdown_text(data['kind'])}"
    yield "Data", f"{rows}, {count(len(data['classes']), 'class', 'classes')}, {folds['k']} folds"
    yield "Purpose", markdown_text(resolved.get("note", ""))


def _result(scores: Mapping[str, Any]) -> str:
    best = scores.get("headline") or {}
    if not best.get("best"):
        return "nothing could be evaluated"
    figures = scores["scores"].get(best["best"], {})
    corrected = ", corrected for the choice of the best" if "as_chosen" in best else ""
    words = [f"{figure_words(best)} out of fold{corrected}"]
    for of in (RowSet.LOCKED, RowSet.GENERALIZATION):
        if best["metric"] in figures.get(of, {}):
            words.append(f"{figure_words(figures[of][best['metric']])} {RowSet(of).words}")
    return f"{markdown_text(best['best'])}, {markdown_text(best['metric'])} {'; '.join(words)}"


def _place(record: Record, scores: Mapping[str, Any]) -> str:
    place = _environment(record)
    match = _NAME.fullmatch(record.path.resolve().name)
    parts = [
        markdown_text(place.get("host", "")),
        markdown_text(place.get("platform", "")),
        f"{place['cpus']} processors" if place.get("cpus") else "",
        f"SLURM job {match[6]}" if match and match[6] else "",
        f"Python {markdown_text(place['python'])}" if place.get("python") else "",
        *(
            f"{name} {markdown_text(version)}"
            for name, version in place.get("packages", {}).items()
            if name in ("evenhand", "torch")
        ),
        *dict.fromkeys(
            markdown_text(one["device"])
            for one in scores.get("usage", {}).values()
            if one.get("device") not in {None, "", "cpu"}
        ),
        f"{sum(scores.get('seconds', {}).values()):,.0f} s" if scores.get("seconds") else "",
    ]
    return ", ".join(part for part in parts if part)


def _changed(experiment: Experiment, resolved: Mapping[str, Any]) -> list[str]:
    against = experiment.against
    if against is None:
        return ["There is no earlier run of these classes in its folder to compare with."]
    found = config_changes(against.resolved(), resolved)
    link = f"[{markdown_text(against.path.name)}](#{anchor_name(against.path.name)})"
    if not found:
        return [f"Nothing that results depend on, against {link}."]
    rows = [[markdown_text(part) for part in line] for line in found]
    return [f"Against {link}:", "", *markdown_table(("key", "there", "here"), rows)]


def _results(scores: Mapping[str, Any], wanted: Sequence[str]) -> list[str]:
    every = [metric for sets in scores.values() for of in sets.values() for metric in of]
    metrics = list(dict.fromkeys([*(m for m in wanted if m in every), *(m for m in every if "[" not in m)]))
    metrics = metrics[: max(MOST_METRICS, len(wanted))]
    rows = [
        [
            markdown_text(name),
            RowSet(of).words,
            *(figure_words(sets[of][metric]) if metric in sets[of] else "" for metric in metrics),
        ]
        for name, sets in scores.items()
        for of in sets
    ]
    return markdown_table(("name", "rows", *map(markdown_text, metrics)), rows) if rows else ["No scores."]


def _verdict(experiment: Experiment) -> list[str]:
    """Return the paired verdict against the compared run, and what else differs."""
    if experiment.verdict:
        return ["", f"Paired, within its ablation: {markdown_text(experiment.verdict)}"]
    if experiment.against is None:
        return []
    try:
        found = compare(experiment.against, experiment.record)
    except EvenhandError as error:
        return ["", f"Not compared row by row: {markdown_text(error)}"]
    words = [f"Paired, the best of each: {markdown_text(verdict)}" for verdict in found.verdicts]
    if found.conditions:
        words.append(f"Unequal in more than the model (EH402): {markdown_text('; '.join(found.conditions))}.")
    return [line for text in words for line in ("", text)]


def _analysis(record: Record) -> list[str]:
    found = record.findings()
    if not found:
        return ["The doctor found nothing."]
    lines = [f"- **{markdown_text(one.code)}** {one.severity}: {markdown_text(one.message)}" for one in found]
    more = len(lines) - MOST_FINDINGS
    return lines if more <= 0 else [*lines[:MOST_FINDINGS], f"- {more} more: `evenhand doctor`."]


def _ablation(record: Record) -> Mapping[str, Any] | None:
    return dict(record.json(RESULT)) if record.wrote(RESULT) else None


def _next_steps(record: Record, resolved: Mapping[str, Any]) -> list[str]:
    patches: dict[str, str] = {}
    for finding in record.findings():
        if finding.patch:
            options = " ".join(set_option(key, value) for key, value in finding.patch.items())
            patches.setdefault(options, finding.code)
    lines = [f"- {markdown_code(options)} ({markdown_text(code)})" for options, code in patches.items()]
    lines += [
        f"- Run the change {markdown_text(row['name'])}." for row in planned_rows(resolved, _ablation(record))
    ]
    return lines


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"### {title}", "", *lines] if lines else []


def _environment(record: Record) -> Mapping[str, Any]:
    return dict(record.json("environment.json")) if record.wrote("environment.json") else {}


def _relative(record: Record, folder: Path) -> str:
    return Path(os.path.relpath(record.path.resolve(), folder)).as_posix()


def _raw(record: Record, name: str) -> str:
    there = record.wrote(name) if record.finished else record.has(name)  # scores.json may be deleted to run again
    # as bytes were hashed once: entries of unchanged runs stay as they are
    return record.text(name).encode("utf-8").decode("latin-1") if there else ""

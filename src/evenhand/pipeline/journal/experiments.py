"""Which runs get an entry, and which run each is compared with; ablations that are only planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evenhand.base.errors import RecordError
from evenhand.base.storage.files.atomic import to_json
from evenhand.base.storage.record import Record, records
from evenhand.base.text.markdown import markdown_text
from evenhand.pipeline.ablation.ablation_result import RESULT
from evenhand.pipeline.ablation.plan import plan_ablation
from evenhand.pipeline.journal.ablation_rows import ablation_lines, planned_rows
from evenhand.pipeline.journal.blocks import short_hash
from evenhand.pipeline.journal.entry import Experiment, anchor

DAMAGED = (RecordError, AttributeError, IndexError, KeyError, OSError, TypeError, ValueError)
"""What reading a record raises whose files are JSON, but not what a run writes."""


def experiments_in(
    found: Sequence[Record], against: Record | None, skipped: dict[str, str] | None
) -> list[Experiment]:
    """Return the finished runs among records, each with the run that it is compared with.

    Parameters
    ----------
    found
        Records of one folder.
    against
        The run that all are compared with, or None: the base of a row of an ablation, else the run before.
    skipped
        Gets path -> reason for each record without an entry; None to raise a `RecordError` instead.
    """
    folders = {record.path.resolve().parent for record in found}
    beside = {folder: [other for other in records(folder) if _is_sound(other)] for folder in folders}
    made = (_experiment(one, beside[one.path.resolve().parent], against, skipped) for one in found)
    return [one for one in made if one is not None]


def _experiment(
    record: Record, beside: Sequence[Record], against: Record | None, skipped: dict[str, str] | None
) -> Experiment | None:
    try:
        if not record.finished:
            raise RecordError(f"{record.path}: is not finished. Run its configuration again to resume it.")
        base, verdict = _base_in_ablation(record, beside)
        if against is not None:
            same = against.path.resolve() == record.path.resolve()
            base, verdict = (None if same else against), ""
        return Experiment(record, base or _before(record, beside), verdict)
    except RecordError as error:
        why = str(error)
    except DAMAGED as error:
        why = damage_words(record, error)
    if skipped is None:
        raise RecordError(why)
    skipped[str(record.path)] = why
    return None


def damage_words(record: Record, error: Exception) -> str:
    """Return why a record whose files are not as a run writes them has no entry."""
    if isinstance(error, RecordError):
        return str(error)
    return (
        f"{record.path}: is damaged ({type(error).__name__}: {error}). Its damaged files are named, with "
        f"what to do, by: evenhand verify {record.path}"
    )


def _is_sound(record: Record) -> bool:
    try:
        return record.finished and bool(record.data()["classes"]) and bool(record.data()["kind"])
    except DAMAGED:
        return False


def _base_in_ablation(record: Record, beside: Sequence[Record]) -> tuple[Record | None, str]:
    """Return the base of the newest ablation in which a run is a row, and the verdict there."""
    name = record.path.resolve().name
    for other in reversed(beside):
        if not other.has(RESULT) or other.path.name == name:
            continue
        try:
            rows = [row for row in other.json(RESULT)["rows"] if row["record"] == name]
            if rows:
                return other, " ".join(str(verdict["summary"]) for verdict in rows[0]["verdicts"])
        except DAMAGED:
            continue
    return None, ""


def _before(record: Record, beside: Sequence[Record]) -> Record | None:
    """Return the run before one in its folder that has the same kind of data and classes."""
    name, data = record.path.resolve().name, record.data()
    alike = (data["kind"], data["classes"])
    earlier = [other for other in beside if other.path.name < name]
    return next((o for o in reversed(earlier) if (o.data()["kind"], o.data()["classes"]) == alike), None)


def planned_entry(path: Path, id: str, date: str) -> tuple[str, str]:
    """Return the entry of an ablation by its TOML file, and a hash of what it was made from.

    What came out is taken from the newest base of this name in the folder of the records.

    Raises
    ------
    ConfigError
        If the file is not a valid ablation.
    """
    plan = plan_ablation(path)
    resolved = {"ablation": plan.section.plain()}
    base, found = _result(Path(plan.base.settings.output), plan.name, plan.model)
    left = planned_rows(resolved, found)
    state = "planned" if base is None else f"{len(left)} of {len(plan.section.change)} changes not run yet"
    lines = [
        f"## {anchor(id)}{date} · Ablation: {markdown_text(plan.name)}",
        "",
        f"- **Result:** {'all changes were run' if base is not None and not left else state}",
        f"- **Plan:** {markdown_text(path.name)}, compares {markdown_text(plan.model)}",
        *([f"- **Base:** {markdown_text(base.path.name)}"] if base is not None else []),
        "",
        *ablation_lines(resolved, found),
    ]
    return "\n".join(lines), short_hash(to_json([lines, plan.document()]))


def _result(output: Path, name: str, model: str) -> tuple[Record | None, Mapping[str, Any] | None]:
    for record in reversed(records(output)):
        try:
            if record.has(RESULT):
                found = dict(record.json(RESULT))
                if (found["name"], found["model"]) == (name, model):
                    return record, found
        except DAMAGED:
            continue
    return None, None

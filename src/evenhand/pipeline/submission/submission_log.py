"""The submission log of a record (submissions.jsonl): what was written, uploaded or refused, and when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evenhand.base.errors import DataError, RecordError
from evenhand.base.storage.files.atomic import json_lines, to_json, write_text
from evenhand.base.storage.files.regular_file import read_regular
from evenhand.base.storage.record import Record
from evenhand.data.tables.csv_dialect import MOST_BYTES

LOG = "submissions.jsonl"


def add(record: Record, event: str, path: Path, **more: Any) -> dict[str, Any]:
    """Add a line to the log of a record whose lock the caller holds: time, event, file, its hash, and `more`.

    Parameters
    ----------
    event
        "written", "uploaded", "stopped", "failed" or "refused".
    """
    line = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "event": event,
        "file": str(path.resolve()),
        "hash": hash_of(path),
        **more,
    }
    # Without a checksum, since a person may correct it. The whole file is written anew: appending could leave half
    # a line if the process is killed.
    before = record.text(LOG) if record.has(LOG) else ""
    write_text(record.path / LOG, f"{before}{to_json(line)}\n")
    return line


def read_log(record: Record) -> list[dict[str, Any]]:
    """Return the lines of the log, oldest first.

    Raises
    ------
    RecordError
        If a line is not a JSON object.
    """
    if not record.has(LOG):
        return []
    out: list[dict[str, Any]] = []
    for number, text in enumerate(json_lines(record.text(LOG)), start=1):
        if not text.strip():
            continue
        where = f"{record.path / LOG}: line {number}"
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            raise RecordError(f"{where} is not JSON. Correct or remove it.") from None
        if fault := _fault(line):
            raise RecordError(f"{where} {fault}. Correct or remove it.")
        out.append(line)
    return out


def _fault(line: Any) -> str:
    """Return what is wrong with a line, "" for nothing."""
    if not isinstance(line, dict) or not isinstance(line.get("event"), str):
        return 'is not an object with an "event"'
    if line["event"] != "written":
        return ""
    if not isinstance(line.get("model"), str):
        return 'does not say by which "model" the file was written'
    if line.get("overridden") and not (isinstance(line["overridden"], list) and type(line.get("rows")) is int):
        return 'has an "overridden" that is not a list, or no number of "rows"'
    return ""


def written_entry(record: Record, path: Path) -> Mapping[str, Any] | None:
    """Return the last log line about writing a file with these bytes, or None."""
    wanted = hash_of(path)
    lines = [line for line in read_log(record) if line.get("event") == "written" and line.get("hash") == wanted]
    return lines[-1] if lines else None


def hash_of(path: Path) -> str:
    """Return a hash of the bytes of a file."""
    try:
        return hashlib.blake2b(read_regular(path, most=MOST_BYTES), digest_size=16).hexdigest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from None

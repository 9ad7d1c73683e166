"""The records below a root, opened: header, selected leads, beats; damaged ones with the reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from evenhand.base.errors import DataError
from evenhand.data.roots.file_names import suffix
from evenhand.data.roots.root import Root
from evenhand.data.roots.skipped import Skipped
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.annotations import Marks
from evenhand.modalities.beats.reading.header import RecordHeader
from evenhand.modalities.beats.reading.header_text import decoded
from evenhand.modalities.beats.reading.leads import ChosenLeads, choose, lacking
from evenhand.modalities.beats.reading.wfdb_files import RecordFiles, read_head

LIST = "RECORDS"
"""File that names the records beside it, one a line, as PhysioNet's collections have it."""
_LONGEST_LIST = 1 << 24


@dataclass(frozen=True, eq=False)
class OpenRecord:
    """One record that can be read.

    Attributes
    ----------
    files, head, chosen
        Its files, its header, and the selected signals.
    content
        16 hex digits, a hash of all of its bytes.
    marks
        Its beats.
    """

    files: RecordFiles
    head: RecordHeader
    chosen: ChosenLeads
    content: str
    marks: Marks


BeatFinder = Callable[[RecordFiles, RecordHeader, str], Marks]
"""Record, its header and the hash of its bytes -> its beats; raises `DataError` with the reason."""


def names_of(root: Root) -> tuple[list[str], list[Skipped]]:
    """Return the names of the records below a root, and listed records that do not exist.

    Records are listed in files named RECORDS; without such a file, every header is a record.

    Raises
    ------
    DataError
        If there is none.
    """
    there = [name.removesuffix(".hea") for name in root.names() if suffix(name) == ".hea"]
    listed = [name for file in root.names() if file.rpartition("/")[2] == LIST for name in _listed(root, file)]
    wanted = list(dict.fromkeys(listed)) or there
    known = set(there)
    if not known & set(wanted):
        raise DataError(
            f"{root.path}: holds no heartbeats: no WFDB header (.hea) was found"
            + (f", although {LIST} lists {len(wanted):,} records." if listed else ".")
            + " Give the folder of a collection such as PhysioNet's, or a zip of it."
        )
    missing = [
        Skipped(name, f"listed in {LIST}, but without a header (.hea)") for name in wanted if name not in known
    ]
    return [name for name in wanted if name in known], missing


def open_records(
    root: Root, names: Sequence[str], kind_config: BeatsConfig, find: BeatFinder, *, threads: int = 4
) -> tuple[list[OpenRecord], list[Skipped]]:
    """Return the readable records, in the order of `names`, and the others with reasons."""
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda name: _opened(RecordFiles(root, name), kind_config, find), names))
    opened = [item for item in found if isinstance(item, OpenRecord)]
    return opened, [item for item in found if isinstance(item, Skipped)]


def content_of(files: RecordFiles, head: RecordHeader, annotator: str) -> str:
    """Return a hash of all bytes of a record: its header, signals and annotations."""
    parts = [files.header, *(files.beside(name) for name in sorted(set(head.files)))]
    if files.has(f"{files.stem}.{annotator}"):
        parts.append(files.beside(f"{files.stem}.{annotator}"))
    text = "\n".join(files.root.content(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _listed(root: Root, file: str) -> list[str]:
    """Return the names in a list of records, relative to the root."""
    if root.size(file) > _LONGEST_LIST:
        raise DataError(f"{file}: is too long for a list of records.")
    folder = file.rpartition("/")[0]
    lines = decoded(root.read(file)).splitlines()
    names = [line.strip().removesuffix(".hea") for line in lines]
    return [f"{folder}/{name}".removeprefix("/") for name in names if name]


def _opened(files: RecordFiles, kind_config: BeatsConfig, find: BeatFinder) -> OpenRecord | Skipped:
    try:
        head = read_head(files, kind_config.max_samples)
        chosen = choose(head.leads, kind_config.alternatives)
        if isinstance(chosen, str):
            return Skipped(files.name, lacking(chosen, head.leads, kind_config.alternatives))
        content = content_of(files, head, kind_config.annotator)
        marks = find(files, head, content)
        if not len(marks.peaks):
            return Skipped(files.name, "its annotations hold no heartbeat")
        return OpenRecord(files, head, chosen, content, marks)
    except DataError as error:
        return Skipped(files.name, str(error))

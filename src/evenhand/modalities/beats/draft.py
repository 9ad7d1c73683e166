"""A first configuration for records that lie somewhere: the table about them, and the lead that most have."""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.base.errors import DataError
from evenhand.base.text.toml_text import toml_comment, toml_value
from evenhand.data.roots.file_names import suffix
from evenhand.data.roots.root import Root
from evenhand.data.tables.table import Table, read_table
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.draft_leads import lead_lines
from evenhand.modalities.beats.joined import KEY
from evenhand.modalities.beats.records import names_of
from evenhand.modalities.beats.wfdb_files import Files, read_head
from evenhand.modalities.kind import Draft

_PEOPLE = ("person", "patient", "patient_id", "subject", "group")
_SPLITS = ("split", "set", "subset")
_TESTS = ("test", "ds2")


def draft(root: Root) -> Draft:
    """Return what a first configuration says of the records below a root.

    Raises
    ------
    DataError
        If there is no record.
    """
    names, _ = names_of(root)
    table = _table(root)
    test = "test = { fraction = 0.2 }"
    data: tuple[str, ...] = ("# a row per beat, its class by [beats.mapping]",)
    if table is not None:
        person = _first(table, _PEOPLE)
        data = (
            f"table = {toml_value(table.name)}",
            f"group = {toml_value(person)}" if person else "# group = COLUMN            # without one, the record",
        )
        data = (*data, *_only(table))
        test = _test(table) or test
    return Draft(data, test, f"[beats]\n{lead_lines(_leads(root, names))}\n\n")


def _leads(root: Root, names: Sequence[str], *, most: int = 100) -> list[tuple[str, ...]]:
    """Return the names of the leads of some records, evenly taken, that can be read."""
    found: list[tuple[str, ...]] = []
    for name in names[:: -(-len(names) // most)]:
        try:
            found.append(read_head(Files(root, name), BeatsConfig().max_samples).leads)
        except DataError:
            continue
    return found


def _table(root: Root) -> Table | None:
    """Return the first table with a column that names records."""
    for name in root.names():
        if "/" in name or suffix(name) not in (".csv", ".tsv", ".parquet"):
            continue
        try:
            table = read_table(root, name)
        except DataError:
            continue
        if KEY in table.frame:
            return table
    return None


def _test(table: Table) -> str | None:
    """Return the line that locks the rows which a column calls the test."""
    column = _first(table, _SPLITS)
    values = {text for text in table.texts(column) if text} if column else set()
    found = next((value for value in sorted(values) if value.lower() in _TESTS), None)
    return f"test = {{ column = {toml_value(column)}, value = {toml_value(found)} }}" if found else None


def _only(table: Table) -> tuple[str, ...]:
    """Return the line that leaves out records beside a known pair of sets (de Chazal et al. 2004: paced ones)."""
    column = _first(table, _SPLITS)
    values = {text for text in table.texts(column) if text} if column else set()
    pair = {"DS1", "DS2"}
    if not pair < values:
        return ()
    others = toml_comment(sorted(values - pair))
    return (f"only = {{ {column} = {toml_value(sorted(pair))} }}  # without {others}",)


def _first(table: Table, wanted: Sequence[str]) -> str | None:
    by_word = {str(column).lower(): str(column) for column in table.frame.columns}
    return next((by_word[word] for word in wanted if word in by_word), None)

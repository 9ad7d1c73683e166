"""The kind's parts of a first configuration: the table of records, and the lead that most records have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from evenhand.base.errors import DataError
from evenhand.base.text.toml_text import toml_comment, toml_value
from evenhand.data.roots.file_names import suffix
from evenhand.data.roots.root import Root
from evenhand.data.tables.table import LabelTable, read_table
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.reading.leads import ANY, plain
from evenhand.modalities.beats.reading.record_table import KEY
from evenhand.modalities.beats.reading.records import names_of
from evenhand.modalities.beats.reading.wfdb_files import RecordFiles, read_head
from evenhand.modalities.kind import Draft

_MOST_NAMES = 4
_ENOUGH = 0.8


def lead_lines(records: Sequence[Sequence[str]]) -> str:
    """Return the line `leads = […]` of the section [beats], with a comment on the leads found.

    The most frequent lead, if at least four of five records have it; else several by preference, of which every
    record has one.

    Parameters
    ----------
    records
        The names of the leads of each readable record.
    """
    known = [own for own in records if own]
    if not known:
        return f"leads = {toml_value(list(BeatsConfig().leads))}"
    names = _by_frequency(known)
    usual = [name for name in names if _usable(name)]
    first = usual[0] if usual else ANY
    having = _having(first, known)
    if having == len(known) or (first != ANY and having >= _ENOUGH * len(known)):
        others = [name for name in names if plain(name) != plain(first)][:4]
        further = f"; there are also {_written(others)}" if others else ""
        return f"leads = {_quoted(first)}  # {having} of {len(known)} records have it{further}"
    chosen = _covering(usual, known)
    return (
        f"leads = {_quoted('|'.join(chosen))}  # no lead is in all {len(known)} records: the first of these "
        f"that a record has; there are {_written(names[:6])}"
    )


def _by_frequency(records: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of the leads by descending frequency; spellings of the same lead are merged."""
    counts = Counter(plain(name) for own in records for name in dict.fromkeys(map(plain, own)))
    spelled = {plain(name): name.strip() for own in reversed(records) for name in reversed(own)}
    return [spelled[name] for name, _ in counts.most_common()]


def _covering(names: Sequence[str], records: Sequence[Sequence[str]]) -> list[str]:
    """Return names of which every record has one (greedy set cover); "*" stands for the rest if more are needed."""
    left = [{plain(name) for name in own} for own in records]
    chosen: list[str] = []
    while left and names and len(chosen) < _MOST_NAMES:
        best = max(names, key=lambda name: sum(plain(name) in own for own in left))
        still = [own for own in left if plain(best) not in own]
        if len(still) == len(left):
            break
        chosen.append(best)
        left = still
    return [*chosen, ANY] if left else chosen


def _having(name: str, records: Sequence[Sequence[str]]) -> int:
    return sum(name == ANY or plain(name) in {plain(own) for own in record} for record in records)


def _usable(name: str) -> bool:
    """Return whether a name can be used in beats.leads: not empty, and without characters of its syntax."""
    return bool(name) and "|" not in name and name != ANY and name.isprintable()


def _quoted(name: str) -> str:
    return toml_value([name])


def _written(names: Sequence[str]) -> str:
    """Return names for a comment of TOML, which has to stay on its line."""
    return toml_comment(names)


_PEOPLE = ("person", "patient", "patient_id", "subject", "group")
_SPLITS = ("split", "set", "subset")
_TESTS = ("test", "ds2")


def draft(root: Root) -> Draft:
    """Return the parts of a first configuration for records below a root; raises `DataError` without records."""
    names, _ = names_of(root)
    table = _table(root)
    test = "test = { fraction = 0.2 }"
    data: tuple[str, ...] = ("# a row per beat, its class by [beats.mapping]",)
    if table is not None:
        person = _first(table, _PEOPLE)
        data = (
            f"table = {toml_value(table.name)}",
            f"group = {toml_value(person)}" if person else "# group = COLUMN            # default: the record",
        )
        data = (*data, *_only(table))
        test = _test(table) or test
    return Draft(data, test, f"[beats]\n{lead_lines(_leads(root, names))}\n\n")


def _leads(root: Root, names: Sequence[str], *, most: int = 100) -> list[tuple[str, ...]]:
    """Return the names of the leads of up to about `most` readable records, evenly spaced in the list."""
    found: list[tuple[str, ...]] = []
    for name in names[:: -(-len(names) // most)]:
        try:
            found.append(read_head(RecordFiles(root, name), BeatsConfig().max_samples).leads)
        except DataError:
            continue
    return found


def _table(root: Root) -> LabelTable | None:
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


def _test(table: LabelTable) -> str | None:
    """Return the line that locks the rows whose split is the test."""
    column = _first(table, _SPLITS)
    values = {text for text in table.texts(column) if text} if column else set()
    found = next((value for value in sorted(values) if value.lower() in _TESTS), None)
    return f"test = {{ column = {toml_value(column)}, value = {toml_value(found)} }}" if found else None


def _only(table: LabelTable) -> tuple[str, ...]:
    """Return the line that leaves out records outside DS1 and DS2 (de Chazal et al. 2004 exclude paced ones)."""
    column = _first(table, _SPLITS)
    values = {text for text in table.texts(column) if text} if column else set()
    pair = {"DS1", "DS2"}
    if not pair < values:
        return ()
    others = toml_comment(sorted(values - pair))
    return (f"only = {{ {column} = {toml_value(sorted(pair))} }}  # without {others}",)


def _first(table: LabelTable, wanted: Sequence[str]) -> str | None:
    by_word = {str(column).lower(): str(column) for column in table.frame.columns}
    return next((by_word[word] for word in wanted if word in by_word), None)

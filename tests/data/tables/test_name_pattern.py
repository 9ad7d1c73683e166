import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import ConfigError, DataError
from evenhand.base.settings.section import check
from evenhand.base.values import Finding, Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.data.tables.name_pattern import search_names
from evenhand.data.tables.samples import file_samples

NAMES = [
    "x/flange-001_a.jpg",
    "x/flange-002_b.jpg",
    "y/bolt-001_a.jpg",
    "y/紧固件-003_b.jpg",
    "y/紧固件-9_c.jpg",
    "y/bolt-7_d.jpg",
]


def read(folder: Path, names: list[str], **keys: Any) -> tuple[Samples, list[Finding]]:
    for at, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(str(at), encoding="utf-8")
    data = check(DataConfig, {"root": str(folder), **keys}, "x.toml")
    return file_samples(open_root(folder), data, kind="photos", suffixes={".jpg"})


def test_classes_groups_and_columns_come_from_names(tmp_path: Path) -> None:
    pattern = r"(?P<label>[^/-]+)-(?P<group>\d+)_(?P<who>\w)\.jpg$"
    samples, findings = read(tmp_path, NAMES, label_pattern=pattern)
    frame = samples.frame.sort_values("path")
    assert samples.classes == ("bolt", "flange", "紧固件")
    assert list(frame["group"]) == ["001", "002", "001", "7", "003", "9"]
    assert list(frame["who"]) == ["a", "b", "a", "d", "b", "c"]
    assert samples.grouped
    assert not findings


def test_another_group_can_be_the_group_and_rename_applies(tmp_path: Path) -> None:
    pattern = r"(?P<label>[^/-]+)-\d+_(?P<who>\w)"
    samples, _ = read(tmp_path, NAMES, label_pattern=pattern, group="who", rename={"紧固件": "bolt"})
    assert samples.classes == ("bolt", "flange")
    assert sorted(samples.groups) == ["a", "a", "b", "b", "c", "d"]


def test_files_whose_name_does_not_fit_are_left_out_by_name(tmp_path: Path) -> None:
    samples, findings = read(tmp_path, [*NAMES, "z/odd.jpg", "z/-1_a.jpg"], label_pattern=r"(?P<label>[^/-]*)-\d")
    assert len(samples) == 6
    (finding,) = findings
    assert finding.code == "EH101"
    assert '"z/-1_a.jpg", "z/odd.jpg"; data.label_pattern finds no class in the name.' in finding.message


def test_a_pattern_that_fits_nothing_says_what_it_was_searched_in(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r'finds a class in none of the 6 photos \(such as "x/flange-001_a.jpg"'):
        read(tmp_path, NAMES, label_pattern=r"(?P<label>[A-Z]+)_")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"label_pattern": "([^_]+)_"}, "must be a group named label"),
        ({"label_pattern": "(?P<label>[^_+_"}, "this is no regular expression: unterminated character set"),
        ({"label_pattern": "(?P<label>a)(?P<path>b)"}, "no group may be named path"),
        ({"label_pattern": "(?P<label>a)", "table": "t.csv"}, "label_pattern or from a table: remove one"),
        ({"min_count_action": "merge", "drop": ["other"]}, 'drop leaves out "other"'),
        ({"min_count_action": "merge", "levels": ["coarse"]}, "levels give every class a coarser one"),
        ({"min_count_action": "join"}, "min_count_action"),
    ],
)
def test_faults_are_sentences(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        check(DataConfig, {"root": "a", **keys}, "x.toml")


def test_a_pattern_that_explodes_is_given_up() -> None:
    with pytest.raises(DataError, match=r"takes more than 0\.5 s on 1 names\. Repeats inside repeats"):
        search_names(r"(?P<label>(a+)+)$", ["a" * 60 + "b"], seconds=0.5)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=20), max_size=20))
def test_names_of_any_letters_are_found_as_in_this_process(names: list[str]) -> None:
    pattern = r"(?P<label>\w+)(?P<rest>\W)?"
    found = [match and match.groupdict() for match in (re.search(pattern, name) for name in names)]
    assert search_names(pattern, names) == found

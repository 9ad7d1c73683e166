from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError, FoldsError
from evenhand.base.storage.folds_csv import write_folds
from evenhand.base.text.cells import spelling
from evenhand.base.values import Finding, Samples
from evenhand.data.config import DataConfig, FoldsConfig, FurtherConfig, FurtherData
from evenhand.data.roots.root import open_root
from evenhand.data.splits.make_folds import make_folds
from evenhand.data.tables.corrections import corrected, trashed_ids
from evenhand.data.tables.corrections_file import cell_names, names_cell, read_corrections
from evenhand.data.tables.samples import file_samples

FILES = {"a/1.jpg": "1", "a/2.jpg": "2", "a/3.jpg": "3", "b/4.jpg": "4", "b/5.jpg": "5", "b/6.jpg": "1"}
MORE = {"a/7.jpg": "7"}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def read(root: Path, **keys: Any) -> tuple[Samples, list[Finding]]:
    return file_samples(open_root(root), DataConfig(root=str(root), **keys), kind="photos", suffixes={".jpg"})


def table(folder: Path, *rows: dict[str, str]) -> str:
    columns = ["id", "path", "action", "from", "to", "reason"]
    pd.DataFrame([{**dict.fromkeys(columns, ""), **row} for row in rows], columns=columns).to_csv(
        folder / "corrections.csv", index=False
    )
    return str(folder / "corrections.csv")


def labels_by_path(samples: Samples) -> dict[str, str]:
    return {path: samples.classes[label] for path, label in zip(samples.frame["path"], samples.labels, strict=True)}


def test_rows_are_relabelled_and_left_out_and_ids_stay(tmp_path: Path) -> None:
    write(tmp_path / "d", FILES | MORE)
    before = read(tmp_path / "d")[0]
    ids = dict(zip(before.frame["path"], before.ids, strict=True))
    path = table(
        tmp_path,
        {"id": ids["a/2.jpg"], "action": "relabel", "from": "a", "to": "b"},
        {"id": ids["a/1.jpg"], "action": "trash", "from": "a"},
        {"id": ids["b/4.jpg"], "action": "keep", "from": "b"},
        {"id": ids["b/5.jpg"], "action": "unsure"},
    )
    samples, findings = read(tmp_path / "d", corrections=path)
    assert labels_by_path(samples)["a/2.jpg"] == "b"
    assert "a/1.jpg" not in set(samples.frame["path"])
    after = dict(zip(samples.frame["path"], samples.ids, strict=True))
    assert after == {name: one for name, one in ids.items() if name != "a/1.jpg"}, "a copy keeps its -2"
    (note,) = findings
    assert (note.code, note.severity) == ("EH109", "note")
    assert note.message == "corrections.csv: 1 row was relabelled and 1 row was left out."
    assert note.evidence["kept"] == note.evidence["unsure"] == 1


def test_what_no_longer_fits_is_left_alone_and_named(tmp_path: Path) -> None:
    write(tmp_path / "d", FILES)
    before = read(tmp_path / "d")[0]
    ids = dict(zip(before.frame["path"], before.ids, strict=True))
    path = table(
        tmp_path,
        {"id": ids["a/2.jpg"], "action": "relabel", "from": "c", "to": "b"},
        {"id": ids["a/3.jpg"], "action": "relabel", "from": "b", "to": "a"},
        {"id": ids["b/4.jpg"], "action": "trash", "from": "a"},
        {"id": "gone", "action": "trash", "from": "a"},
    )
    samples, (note, warning) = read(tmp_path / "d", corrections=path)
    assert labels_by_path(samples) == labels_by_path(before)
    assert note.message.endswith("0 rows were left out; 1 row was corrected in the data already.")
    assert warning.severity == "warning"
    assert warning.message == (
        "corrections.csv: 3 of 4 corrections no longer fit and were left alone: 2 rows have another label than "
        f'"from" (first: line 2, "{ids["a/2.jpg"]}", which is a); 1 id is not among the rows ("gone"). Look at '
        "these rows again, or remove their lines."
    )
    assert warning.evidence["unknown_ids"] == ["gone"]
    assert set(warning.ids) == {ids["a/2.jpg"], ids["b/4.jpg"]}


def test_a_table_of_no_corrections_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "d", FILES)
    samples, findings = read(tmp_path / "d", corrections=table(tmp_path))
    assert labels_by_path(samples) == labels_by_path(read(tmp_path / "d")[0])
    assert [finding.severity for finding in findings] == ["note"]


def test_counts_of_classes_are_those_after_corrections(tmp_path: Path) -> None:
    write(tmp_path / "d", {**FILES, **MORE, "c/9.jpg": "9", "rare/8.jpg": "8"})
    before = read(tmp_path / "d", min_count=1)[0]
    ids = dict(zip(before.frame["path"], before.ids, strict=True))
    path = table(
        tmp_path,
        {"id": ids["a/2.jpg"], "action": "relabel", "from": "a", "to": "c"},
        {"id": ids["rare/8.jpg"], "action": "relabel", "from": "other", "to": "b"},
    )
    samples, _ = read(tmp_path / "d", corrections=path, min_count=2, min_count_action="merge")
    assert samples.classes == ("a", "b", "c")
    assert labels_by_path(samples)["rare/8.jpg"] == "b", "a reviewer saw the class that rare ones become"


def test_names_are_those_after_rename(tmp_path: Path) -> None:
    write(tmp_path / "d", FILES)
    ids = list(read(tmp_path / "d")[0].ids)
    path = table(tmp_path, {"id": ids[1], "action": "relabel", "from": "red", "to": "b"})
    samples, findings = read(tmp_path / "d", corrections=path, rename={"a": "red", "b": "blue"})
    assert (samples.classes, samples.labels.tolist()) == (("blue", "red"), [1, 0, 1, 0, 0, 0])
    assert len(findings) == 1


def test_several_classes_in_a_cell(tmp_path: Path) -> None:
    rows = "path,label\na/1.jpg,x|y\na/2.jpg,x\na/3.jpg,y\nb/4.jpg,x|z\nb/5.jpg,z\nb/6.jpg,\n"
    write(tmp_path, {**FILES, "l.csv": rows})
    keys: dict[str, Any] = {"table": "l.csv", "task": "multi", "min_count": 1}
    ids = list(read(tmp_path, **keys)[0].ids)
    path = table(
        tmp_path,
        {"id": ids[0], "action": "relabel", "from": '["y", "x"]', "to": "[]"},
        {"id": ids[1], "action": "relabel", "from": "x", "to": "z|y"},
        {"id": ids[5], "action": "relabel", "from": "[]", "to": "x"},
    )
    samples, findings = read(tmp_path, corrections=path, **keys)
    assert samples.labels.tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 0], [1, 0, 1], [0, 0, 1], [1, 0, 0]]
    assert [finding.severity for finding in findings if finding.code == "EH109"] == ["note"]


def test_label_columns_keep_what_is_not_known(tmp_path: Path) -> None:
    rows = "path,x,y,z\na/1.jpg,1,0,\na/2.jpg,1,1,0\na/3.jpg,0,1,1\nb/4.jpg,0,,1\nb/5.jpg,0,1,1\nb/6.jpg,1,1,0\n"
    write(tmp_path, {**FILES, "l.csv": rows})
    keys: dict[str, Any] = {"table": "l.csv", "label_columns": ["x", "y", "z"]}
    ids = list(read(tmp_path, task="multi", **keys)[0].ids)
    path = table(tmp_path, {"id": ids[0], "action": "relabel", "from": "x", "to": "y"})
    samples, _ = read(tmp_path, corrections=path, task="multi", **keys)
    np.testing.assert_array_equal(samples.labels[0], [0, 1, np.nan])
    with pytest.raises(DataError, match=r"corrections.csv: line 2 relabels a row, and labels .* are degrees"):
        read(tmp_path, corrections=path, task="soft", **keys)
    path = table(tmp_path, {"id": ids[0], "action": "relabel", "from": "x", "to": "w"})
    with pytest.raises(DataError, match=r'line 2 names the class "w", which has no column'):
        read(tmp_path, corrections=path, task="multi", **keys)
    path = table(tmp_path, {"id": ids[0], "action": "trash"})
    assert len(read(tmp_path, corrections=path, task="soft", **keys)[0]) == 5


def test_the_coarser_class_of_a_relabelled_row_is_that_of_its_new_class(tmp_path: Path) -> None:
    rows = "path,label,top\na/1.jpg,x,X\na/2.jpg,x,X\na/3.jpg,x,X\nb/4.jpg,y,Y\nb/5.jpg,y,Y\nb/6.jpg,y,Y\n"
    write(tmp_path, {**FILES, "l.csv": rows})
    ids = list(read(tmp_path, table="l.csv", levels=["top"])[0].ids)
    path = table(tmp_path, {"id": ids[0], "action": "relabel", "from": "x", "to": "y"})
    samples, _ = read(tmp_path, table="l.csv", levels=["top"], corrections=path)
    assert samples.levels == {"top": ("X", "Y")}


def test_folds_of_a_file_stay_though_rows_are_trashed(tmp_path: Path) -> None:
    write(tmp_path / "d", FILES)
    before, _ = read(tmp_path / "d")
    folds = make_folds(before, FoldsConfig(k=2, duplicates="ignore"))
    write_folds(folds, tmp_path / "folds.csv")
    path = table(tmp_path, {"id": before.ids[1], "action": "trash"})
    after, _ = read(tmp_path / "d", corrections=path)
    config = FoldsConfig(file=str(tmp_path / "folds.csv"))
    with pytest.raises(FoldsError, match="is not among the samples"):
        make_folds(after, config)
    gone = trashed_ids(DataConfig(root=".", corrections=path))
    kept = make_folds(after, config, trashed=gone)
    assert dict(zip(kept.ids, kept.fold, strict=True)) == {
        name: fold for name, fold in zip(folds.ids, folds.fold, strict=True) if name not in gone
    }


def test_a_second_set_has_corrections_of_its_own() -> None:
    data = DataConfig(root=".", corrections="first.csv")
    assert FurtherData.of(data, FurtherConfig(root="x")).corrections is None
    assert FurtherData.of(data, FurtherConfig(root="x", corrections="second.csv")).corrections == "second.csv"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "corrections.csv: has no rows"),
        ("path,action\n1.jpg,trash\n", 'has no column "id"; its columns are "path", "action"'),
        ("id,id,action\na,a,trash\n", 'two columns are called "id"'),
        ("id,action\na,trsh\n", 'line 2: the action "trsh" is not known; .* Did you mean "trash"'),
        ("id,action\n,trash\n", "line 2: the id is missing"),
        ("id,action\na,\n", "line 2: the action is missing"),
        ("id,action\na,relabel\n", 'line 2: "a" is to be relabelled, and the column "to" names no class'),
        ('id,action,to\na,relabel,"[""x"", ""y""]"\n', "is to get 2 classes, and rows of these data have one"),
        ("id,action\na,trash\na,keep\n", 'line 3: the id "a" is on line 2 already'),
        ("id,action\na\n", "do not have the 2 cells of the header"),
        ('id,action\n"a,trash\n', "is not CSV"),
    ],
)
def test_a_malformed_table_is_a_sentence(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_corrections(path)


def test_a_missing_table_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"table of corrections does not exist. Correct the path in data.corrections"
    ):
        read_corrections(tmp_path / "corrections.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read_corrections(tmp_path)


def test_all_rows_trashed_is_a_sentence(tmp_path: Path) -> None:
    path = table(tmp_path, {"id": "1", "action": "trash"}, {"id": "2", "action": "trash"})
    with pytest.raises(DataError, match="trashes all of the 2 rows"):
        corrected(["1", "2"], [("a",), ("b",)], DataConfig(root=".", corrections=path))


NAMES = st.text(min_size=1, max_size=12).filter(lambda name: "\0" not in name)


@settings(max_examples=30)
@given(st.lists(NAMES, max_size=4, unique=True))
def test_a_cell_of_names_is_read_as_it_was_written(names: list[str]) -> None:
    names = list(dict.fromkeys(map(spelling, names)))
    for separator in (None, "|", ";"):
        assert cell_names(names_cell(names), separator=separator) == tuple(names)

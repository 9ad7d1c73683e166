from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.base.errors import FoldsError
from evenhand.base.storage.folds_csv import write_folds
from evenhand.base.values import TEST, Folds, Samples
from evenhand.data.splits.folds_file import read_folds


def samples(*ids: str, group: list[str] | None = None) -> Samples:
    frame = pd.DataFrame({"id": list(ids), "path": "x"})
    if group is not None:
        frame["group"] = group
    return Samples(frame, ("a", "b"), np.arange(len(ids)) % 2)


def read(tmp_path: Path, text: str, of: Samples | None = None) -> Folds:
    path = tmp_path / "folds.csv"
    path.write_text(text, encoding="utf-8")
    return read_folds(path, of or samples("p", "q", "r", "s"))


def faults(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(FoldsError) as caught:
        read(tmp_path, text)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_folds_come_back_in_the_order_of_the_samples(tmp_path):
    folds = read(tmp_path, "id,fold\ns,1\nr,test\nq,0\np,1\n")

    assert folds.ids.tolist() == ["p", "q", "r", "s"]
    assert folds.fold.tolist() == [1, 0, TEST, 1]
    assert folds.k == 2
    assert folds.how["method"] == "read from folds.csv"
    assert folds.how["test_rows"] == 1
    assert folds.how["not_in_training"] == {"a": [1]}


def test_other_columns_quotes_a_byte_order_mark_and_empty_lines_do_no_harm(tmp_path):
    text = '\ufefflabel,Fold,ID\r\n\r\nx,0,"p,1"\r\nx, 1 ,q\r\n'

    assert read(tmp_path, text, samples("p,1", "q")).fold.tolist() == [0, 1]


def test_families_are_written_and_read_and_files_without_them_are_as_they_were(tmp_path):
    path, of = tmp_path / "f.csv", samples("p", "q", "r", "s")
    fold = np.array([0, 1, 0, 1], dtype=np.int16)
    write_folds(Folds(of.ids, fold, 2), path)
    assert path.read_text() == "id,fold\np,0\nq,1\nr,0\ns,1\n"
    assert read_folds(path, of).families is None
    write_folds(Folds(of.ids, fold, 2, families=np.array(["p", None, "p", None], dtype=object)), path)
    assert path.read_text() == "id,fold,family\np,0,p\nq,1,\nr,0,p\ns,1,\n"
    assert read_folds(path, samples("s", "r", "q", "p")).families.tolist() == [None, "p", None, "p"]
    assert read_folds(path, samples("p", "q", "r", "s", group=["g", "g", "h", "h"])).families is None


def test_groups_that_cross_are_counted(tmp_path):
    of = samples("p", "q", "r", "s", group=["g", "g", "h", "h"])

    assert read(tmp_path, "id,fold\np,0\nq,1\nr,1\ns,1\n", of).how["groups_in_several_folds"] == 1
    assert read(tmp_path, "id,fold\np,0\nq,0\nr,test\ns,1\n", of).how["groups_in_several_folds"] == 1


def test_every_fault_is_named_with_its_line(tmp_path):
    text = "id,fold\np,0\np,1\nzz,1\nq,-1\nr,two\ns\n"

    assert faults(tmp_path, text) == [
        'line 5: "-1" is not a fold; allowed are 0, 1, 2, ... and "test".',
        'line 6: "two" is not a fold; allowed are 0, 1, 2, ... and "test".',
        'line 7: the fold is missing; allowed are 0, 1, 2, ... and "test".',
        'line 3: the id "p" is on line 2 already; each id has one line.',
        'line 4: the id "zz" is not among the samples; remove the line, or correct the id.',
    ]


def test_samples_without_a_line_are_named(tmp_path):
    assert faults(tmp_path, "id,fold\np,0\nq,1\n") == [
        '2 of 4 samples have no line ("r", "s"); add them, or make the folds again.'
    ]


def test_lines_are_counted_over_cells_of_several_lines(tmp_path):
    assert faults(tmp_path, 'id,fold\n"a\nb",0\np,0\nq,1\nr,x\ns,0\n')[0].startswith('line 6: "x"')


def test_long_lists_are_cut(tmp_path):
    text = "id,fold\n" + "".join(f"u{i},no\n" for i in range(30))

    found = faults(tmp_path, text)

    assert len(found) == 8 + 1 + 8 + 1 + 1
    assert found[8] == "and 22 more lines with such folds (last: line 31)."
    assert found[17] == "and 22 more lines with ids that are not among the samples (last: line 31)."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "id,fold\np,0\nq,2\nr,0\ns,2\n",
            "no line has fold 1, but one has fold 2; number folds from 0 without a gap.",
        ),
        ("id,fold\np,0\nq,0\nr,0\ns,0\n", "1 fold is used; at least two are needed, 0 and 1."),
        ("id,fold\np,test\nq,test\nr,TEST\ns,test\n", "0 fold is used; at least two are needed, 0 and 1."),
    ],
)
def test_numbers_must_make_sense_together(tmp_path, text, message):
    assert faults(tmp_path, text) == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: the file is empty"),
        ("id;fold\np;0\n", 'line 1: the header is "id;fold"; it must name the columns "id" and "fold"'),
        ('id,fold\np,"0"x\n', "line 2: is not CSV"),
    ],
)
def test_what_is_not_such_a_table(tmp_path, text, message):
    with pytest.raises(FoldsError, match=message):
        read(tmp_path, text)


def test_a_file_that_cannot_be_read(tmp_path):
    (tmp_path / "latin.csv").write_bytes(b"id,fold\np\xe9,0\n")

    with pytest.raises(FoldsError, match="there is no such file"):
        read_folds(tmp_path / "none.csv", samples("p"))
    with pytest.raises(FoldsError, match="not UTF-8"):
        read_folds(tmp_path / "latin.csv", samples("p"))
    with pytest.raises(FoldsError, match="cannot be read"):
        read_folds(tmp_path, samples("p"))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True, min_size=2, max_size=8), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_any_ids_survive_writing_and_reading(tmp_path, ids, data):
    fold = data.draw(st.lists(st.sampled_from([0, 1, TEST]), min_size=len(ids), max_size=len(ids)))
    fold[:2] = [0, 1]
    folds = Folds(np.array(ids, dtype=object), np.array(fold, dtype=np.int16), 2)

    write_folds(folds, tmp_path / "out.csv")

    assert read_folds(tmp_path / "out.csv", samples(*ids)).fold.tolist() == fold


def test_the_file_is_plain(tmp_path):
    folds = Folds(np.array(["a", "б"], dtype=object), np.array([0, TEST], dtype=np.int16), 1)

    write_folds(folds, tmp_path / "sub" / "folds.csv")

    assert (tmp_path / "sub" / "folds.csv").read_text(encoding="utf-8") == "id,fold\na,0\nб,test\n"

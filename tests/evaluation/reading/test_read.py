"""Predictions of strangers: read where they are clear, told in words where they are not."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.base.errors import DataError, EvenhandError
from evenhand.base.values import TEST, Folds
from evenhand.evaluation.reading import files
from evenhand.evaluation.reading.columns import Columns
from evenhand.evaluation.reading.labels import read_folds, read_labels
from evenhand.evaluation.reading.read import read_predictions

PLAIN = "id,fold,truth,group,cat,dog\na,0,cat,g,.9,.1\nb,1,dog,h,.2,.8\nc,1,,h,.5,.5\n"


@pytest.fixture
def written(tmp_path):
    def write(text, name="one.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_plain_table_says_everything(written):
    (p,) = read_predictions(written(PLAIN))
    assert p.ids.tolist() == ["a", "b", "c"]
    assert p.classes == ("cat", "dog")
    assert p.truth.tolist() == [0, 1, -1]
    assert p.fold.tolist() == [0, 1, 1]
    assert p.groups.tolist() == ["g", "h", "h"]
    assert p.probabilities.tolist() == [[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]]
    assert (p.model, p.origin) == ("one", "out-of-fold")


def test_the_same_in_every_format(written, tmp_path):
    (p,) = read_predictions(written(PLAIN))
    p.frame().to_parquet(tmp_path / "one.parquet")
    np.savez(
        tmp_path / "one.npz",
        ids=np.array(p.ids, dtype=str),
        classes=np.array(p.classes),
        probabilities=p.probabilities,
        truth=np.array(["cat", "dog", ""]),
        fold=p.fold,
        groups=np.array(p.groups, dtype=str),
    )
    for name in ("one.parquet", "one.npz"):
        (q,) = read_predictions(tmp_path / name)
        assert q.ids.tolist() == p.ids.tolist()
        assert q.classes == p.classes
        assert q.truth.tolist() == [0, 1, -1]
        assert q.fold.tolist() == p.fold.tolist()
        assert q.groups.tolist() == p.groups.tolist()
        assert (q.probabilities == p.probabilities).all()
        assert q.model == "one"


def test_logits_become_probabilities(written, tmp_path):
    (p,) = read_predictions(written("id,logit:x,logit:y\na,0,0\nb,1000,-1000\n"))
    assert p.probabilities.tolist() == [[0.5, 0.5], [1.0, 0.0]]
    np.savez(tmp_path / "l.npz", ids=np.array(["a"]), logits=np.array([[0.0, 0.0]]))
    assert read_predictions(tmp_path / "l.npz")[0].probabilities.tolist() == [[0.5, 0.5]]
    bare = written("id,x,y\na,-1,1\n", "bare.csv")
    assert read_predictions(bare, columns=Columns(scale="logit"))[0].predicted.tolist() == [1]


def test_semicolons_decimal_commas_and_marks_are_read(written):
    (p,) = read_predictions(written("\ufeffid;cat;dog\na;0,9;0,1\n"))
    assert p.probabilities.tolist() == [[0.9, 0.1]]
    (p,) = read_predictions(written("ID\tcat\tdog\n7\t0.9\t0.1\n"))
    assert p.ids.tolist() == ["7"]


def test_several_models_in_one_file(written):
    text = "model,set,id,p:x,p:y\none,oof,a,1,0\ntwo,oof,a,0,1\ntwo,test,b,0,1\n"
    one, two = read_predictions(written(text))
    assert (one.model, two.model) == ("one", "two")
    assert len(two) == 1
    (test,) = read_predictions(written(text), of="test")
    assert (test.model, test.origin, test.ids.tolist()) == ("two", "test", ["b"])
    twice = text + "two,oof,a,0,1\n"
    with pytest.raises(DataError, match=r'"a", line 3 and line 5'):
        read_predictions(written(twice))


def test_a_file_without_folds_is_not_known_to_be_out_of_fold(written):
    path = written("id,x,y\na,1,0\nb,0,1\n")
    assert read_predictions(path)[0].origin == "out-of-fold elsewhere"
    plan = Folds(np.array(["b", "a", "z"], dtype=object), np.array([1, 0, 1], dtype=np.int16), k=2)
    (p,) = read_predictions(path, folds=plan)
    assert (p.origin, p.fold.tolist()) == ("out-of-fold", [0, 1])
    with pytest.raises(EvenhandError, match="1 of 2 ids have no fold"):
        read_predictions(path, folds=Folds(plan.ids[:1], np.array([0], dtype=np.int16), k=1))


def test_locked_rows_are_left_out(written):
    (p,) = read_predictions(written("id,fold,x,y\na,0,1,0\nb,test,0,1\nc,1,0,1\n"))
    assert p.ids.tolist() == ["a", "c"]


def test_labels_come_from_a_table(written):
    path = written("id,cat,dog\na,1,0\nb,0,1\nc,0,1\n")
    labels = written("file,label,group,fold\nb,dog,h,1\na,cat,,0\nc,dog,h,test\n", "labels.csv")
    (p,) = read_predictions(path, labels=labels)
    assert p.truth.tolist() == [0, 1]
    assert p.groups.tolist() == ["id:a", "h"]
    assert p.fold.tolist() == [0, 1]
    with pytest.raises(DataError, match="disagree on the truth of 1 rows"):
        read_predictions(written("id,truth,cat,dog\na,dog,1,0\n", "other.csv"), labels=labels)
    with pytest.raises(DataError, match=r'No id of "two" is in .*labels.csv \(there: "b", here: "q"\)'):
        read_predictions(written("id,cat,dog\nq,1,0\n", "two.csv"), labels=labels)
    with pytest.raises(DataError, match=r'1 row has the label "dgo".*Did you mean "dog"'):
        read_predictions(path, labels=written("id,label\na,dgo\n", "wrong.csv"))


def test_whole_numbers_as_labels_are_names_unless_told(written):
    text = "id,truth,{}\na,1,0.9,0.1\nb,0,0.2,0.8\n"
    assert read_predictions(written(text.format("1,0")))[0].truth.tolist() == [0, 1]
    path = written(text.format("cat,dog"))
    with pytest.raises(DataError, match=r'1 row has the label "1".* "cat", "dog".*--positions'):
        read_predictions(path)
    told = Columns(positions=True)
    assert read_predictions(path, columns=told)[0].truth.tolist() == [1, 0]
    stray = written("id,truth,p:1,p:2,p:3\na,1,1,0,0\nb,2,0,1,0\nc,0,0,0,1\n")
    for columns, words in ((None, 'has the label "0"'), (told, '"1" is the name of another class')):
        with pytest.raises(DataError, match=words):
            read_predictions(stray, columns=columns)
    for truth, words in (
        ("cat", "Omit --positions"),
        ("2", "allowed are 0 to 1"),
        ("-1", "allowed are 0 to 1"),
    ):
        with pytest.raises(DataError, match=words):
            read_predictions(written(f"id,truth,cat,dog\na,1,1,0\nb,{truth},1,0\n"), columns=told)


def test_numbers_in_a_table_of_labels_are_names_too(written):
    path = written("id,dog,bird,cat\na,1,0,0\nb,0,1,0\n")
    labels = written("id,label\na,0\nb,1\n", "labels.csv")
    with pytest.raises(DataError, match="--positions"):
        read_predictions(path, labels=labels)
    assert read_predictions(path, labels=labels, columns=Columns(positions=True))[0].truth.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,cat,dog\na,.9,.1\nb,,.8\n", 'line 3, class "cat": the number is missing'),
        ("id,cat,dog\na,inf,.1\n", 'line 2, class "cat": inf is not a number to work with'),
        ("id,cat,dog\na,-.1,1\n", 'line 2, class "cat": -0.1 is not a probability .*scale = "logit"'),
        ("id,cat,dog\na,3,1\n", 'line 2, class "cat": 3 is not a probability'),
        ("id,cat,dog\na,.3,.3\n", "line 2: the numbers of the classes sum to 0.6, not to 1.*normalise"),
        ("id,cat,dog\na,0,0\n", "line 2: the numbers of the classes sum to 0"),
        ("id,cat,dog\na,1,0\na,1,0\n", r'1 ids are there more than once \(first: "a", line 2 and line 3\)'),
        ("id,cat,dog\na,1,0\n,1,0\n", "line 3 has no id"),
        ("id,cat,dog\na,1,0\nb,1,0,9\n", "line 3 has 4 cells, but the first line names 3 columns"),
        ("id,cat,dog\na,1,x\n", 'line 2, column "dog": "x" is not a number'),
        ("id,cat,cat\na,1,0\n", 'two columns are named "cat"'),
        ("id,fold,cat,dog\na,0,1,0\nb,,0,1\n", "line 3, column of folds: the cell is empty"),
        ("id,fold,cat,dog\na,0,1,0\nb,1.5,0,1\n", 'line 3, column of folds: found "1.5" among 0'),
        ("id,fold,cat,dog\na,0,1,0\nb,1,0,1\nc,zz,0,1\n", 'line 4, column of folds: found "zz" among 0, 1'),
        ("id,fold,cat,dog\na,x,1,0\nb,y,0,1\nc,3,0,1\n", 'line 4, column of folds: found "3" among x, y'),
        ("id,fold,cat,dog\na,0,1,0\nb,Test,0,1\n", 'found "Test" among 0. Folds .* "test" or -1 marks locked'),
        ("id,fold,cat,dog\na,-2,1,0\nb,0,0,1\n", 'line 2, column of folds: found "-2"'),
        ("id,model,fold,x,y\na,m,0,1,0\na,n,0,1,0\nb,n,.5,0,1\n", 'line 4, column of folds: found ".5"'),
        ("id,ID,cat,dog\na,a,1,0\n", '"id", "ID" may each be the id. Specify one with --id'),
        ("cat,dog\n1,0\n", "no column is recognised as ids"),
        ("id,fold\na,0\n", "has no column with numbers of a class"),
        ("id,cat,dog\n", "has no rows"),
        ("", "is empty"),
    ],
)
def test_what_is_wrong_is_told_with_row_and_column(written, text, words):
    with pytest.raises(DataError, match=words):
        read_predictions(written(text))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"probabilities": np.ones((2, 1))}, "needs the arrays ids"),
        ({"ids": np.array(["a"]), "probabilities": np.ones((2, 1))}, "one for each row"),
        ({"ids": np.array(["a"]), "probabilities": np.ones(1)}, "must be rows × classes"),
        ({"ids": np.array(["a"]), "probabilities": np.ones((1, 1)), "classes": np.array(["x", "y"])}, "names 2"),
        ({"ids": np.array(["a", None]), "probabilities": np.ones((2, 1))}, "Python objects"),
        ({"ids": np.array(["a", "b"]), "probabilities": np.array([[1.0], [np.nan]])}, 'row 2, class "0"'),
    ],
)
def test_npz_that_does_not_fit_is_told(tmp_path, arrays, words):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(DataError, match=words):
        read_predictions(tmp_path / "x.npz")


@pytest.mark.parametrize("name", ["x.npz", "x.parquet", "x.csv", "x.xlsx"])
def test_files_that_are_something_else_are_told(tmp_path, name):
    with pytest.raises(DataError, match="no such file|are read from"):
        read_predictions(tmp_path / name)
    (tmp_path / name).write_bytes(b"\x00\xff\xfe nothing of the kind \x81")
    with pytest.raises(DataError):
        read_predictions(tmp_path / name)


@pytest.mark.parametrize("noted", [b"{", b"\xff", b'{"columns": [{}], "index_columns": []}'])
def test_damaged_notes_of_pandas_do_not_matter(tmp_path, noted):
    table = pa.table({"id": ["a", "b"], "x": [0.25, 0.75], "y": [0.75, 0.25]})
    pyarrow.parquet.write_table(table.replace_schema_metadata({b"pandas": noted}), tmp_path / "x.parquet")
    (p,) = read_predictions(tmp_path / "x.parquet")
    assert p.probabilities.tolist() == [[0.25, 0.75], [0.75, 0.25]]


def test_text_that_is_none_and_a_damaged_member_are_told(tmp_path):
    ids = pa.array(["a", "é"]).cast(pa.binary())
    broken = pa.StringArray.from_buffers(2, ids.buffers()[1], pa.py_buffer(b"a\xc3\x00"))
    pyarrow.parquet.write_table(pa.table({"id": broken, "x": [0.5, 0.5], "y": [0.5, 0.5]}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=r"x\.parquet: .*damaged one .*UTF8"):
        read_predictions(tmp_path / "x.parquet")
    np.savez(tmp_path / "x.npz", ids=np.array(["a"]), probabilities=np.array([[0.5, 0.5]]))
    raw = (tmp_path / "x.npz").read_bytes().replace(b"ids.npy", b"idsnnpy")
    (tmp_path / "x.npz").write_bytes(raw)
    with pytest.raises(DataError, match=r"x\.npz: is not an npz file, or a damaged one"):
        read_predictions(tmp_path / "x.npz")


def test_a_line_that_would_fill_all_memory_is_told(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("id,x,y\na,0.5,0.5\n")
    os.truncate(file, 1 << 36)
    with pytest.raises(DataError, match=r"x\.csv: "):
        read_predictions(file)


def test_text_in_a_column_of_parquet_is_told(tmp_path):
    pd.DataFrame({"id": ["a"], "x": [1.0], "note": ["hm"]}).to_parquet(tmp_path / "x.parquet")
    with pytest.raises(DataError, match='column "note" has the type .*string, not numbers'):
        read_predictions(tmp_path / "x.parquet")
    (p,) = read_predictions(tmp_path / "x.parquet", columns=Columns(classes=("x",)))
    assert p.classes == ("x",)


def test_columns_that_were_told_must_be_there(written):
    path = written("key,cat,dog\na,1,0\n")
    assert read_predictions(path, columns=Columns(id="key"))[0].ids.tolist() == ["a"]
    with pytest.raises(DataError, match='no column named "kye".*Did you mean "key"'):
        read_predictions(path, columns=Columns(id="kye"))


def test_tables_of_labels_and_folds_say_what_they_lack(written):
    with pytest.raises(DataError, match="no column is recognised as the label"):
        read_labels(written("id,x\na,much\n"))
    with pytest.raises(DataError, match="needs the columns id and fold"):
        read_folds(written("id,x\na,1\n"))
    assert read_folds(written("id,fold\na,2\nb,test\n")).fold.tolist() == [2, TEST]
    assert read_folds(written("id,fold\na,x\nb,y\n")).fold.tolist() == [0, 1]
    assert read_folds(written("id,fold\na,y\nb,-1\nc,x\n")).fold.tolist() == [1, TEST, 0]
    assert read_folds(written("id,fold\na,2.0\nb,-1.0\nc, 2\n")).fold.tolist() == [2, TEST, 2]
    assert read_folds(written("id,fold\na,20260102\nb,20260101\n")).fold.tolist() == [1, 0]


def test_many_rows_are_mapped_and_the_same(tmp_path):
    table = np.random.default_rng(0).dirichlet(np.ones(5), 500_000)
    np.savez(tmp_path / "big.npz", ids=np.arange(500_000), probabilities=table)
    (p,) = read_predictions(tmp_path / "big.npz")
    assert (p.probabilities[::1000] == table[::1000]).all()


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_words(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("any") / "x.csv"
    path.write_text("id,a,b\n" + text, encoding="utf-8")
    try:
        (p,) = read_predictions(path)
    except DataError as error:
        said = str(error)
    else:
        said = str(path) if np.isfinite(replace(p).probabilities).all() else ""
    assert str(path) in said


@pytest.mark.parametrize("name", ["a,b", "1,5 kg", "x,1"])
def test_a_comma_within_a_name_is_no_decimal_mark(tmp_path, name):
    (tmp_path / "m.csv").write_text(
        f"id;truth;p:{name};p:b\n" + "".join(f"{i};{(name, 'b')[i % 2]};0.75;0.25\n" for i in range(20)),
        encoding="utf-8",
    )
    (found,) = read_predictions(tmp_path / "m.csv")
    assert found.probabilities[0].tolist() == [0.75, 0.25]


def test_npz_that_unpacks_to_more_than_is_read_whole_is_refused(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "x.npz", ids=np.array(["a"] * 9), probabilities=np.zeros((9, 500)))
    monkeypatch.setattr(files, "MOST_UNPACKED", 10_000)
    with pytest.raises(DataError, match=r"its arrays take 3.,... bytes unpacked, and at most 10,000 are unpacked"):
        read_predictions(tmp_path / "x.npz")


@pytest.mark.parametrize("where", [40, -200])
def test_npz_that_is_damaged_within_is_told(tmp_path, where):
    np.savez_compressed(tmp_path / "x.npz", ids=np.array(["a"] * 9), probabilities=np.full((9, 2), 0.5))
    raw = bytearray((tmp_path / "x.npz").read_bytes())
    for at in range(where, where + 30):
        raw[at] ^= 0x5A
    (tmp_path / "x.npz").write_bytes(raw)
    with pytest.raises(DataError, match=r"x\.npz: "):
        read_predictions(tmp_path / "x.npz")

"""Names that look like something else are names: every reader gives the figures that plain names give."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.base.storage.folds_csv import write_folds
from evenhand.base.storage.record import Record
from evenhand.base.text.cells import as_texts
from evenhand.base.values import Folds, Samples
from evenhand.data.roots.root import open_root
from evenhand.data.splits.folds_file import read_folds as read_data_folds
from evenhand.data.tables.table import read_table
from evenhand.evaluation.figures.evaluate import evaluate
from evenhand.evaluation.reading.columns import Columns
from evenhand.evaluation.reading.labels import read_folds, read_labels
from evenhand.evaluation.reading.read import read_predictions
from evenhand.pipeline.submission.sample_format import read_sample

HOSTILE = (
    "NA", "N/A", "null", "NULL", "nan", "NaN", "None", "#N/A", "<NA>", "inf", "-", "1", "0", "3.0", "007", "1e5",
    "true", "False", "index", "truth", "fold", "test", "id", "p_x", 'say "a"',
    '"', "a,b", "a;b", "a\tb", "two\nlines",
    "two\r\nlines", "one\rline", "a\u2028b", "a\u0085b", " space before", "space after ", "é", "日本", "=1+1", "'",
)  # fmt: skip
N, K, G = 12, 3, 4
RNG = np.random.default_rng(0)
TRUTH = np.arange(N) % K
GROUP = np.arange(N) % G
PROBABILITIES = np.round(RNG.dirichlet(np.ones(K), N), 6)
names = st.permutations(HOSTILE)


def csv_text(header, rows, delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([header, *rows])
    return out.getvalue()


def write_csv(path, header, rows, delimiter=","):
    path.write_text(csv_text(header, rows, delimiter), encoding="utf-8", newline="")
    return path


def frame_of(ids, classes, groups, *, prefix):
    head = pd.DataFrame(
        {
            "id": ids,
            "fold": np.arange(N) % 2,
            "truth": [classes[t] for t in TRUTH],
            "group": [groups[g] for g in GROUP],
        }
    )
    return pd.concat([head, pd.DataFrame(PROBABILITIES, columns=[f"{prefix}{name}" for name in classes])], axis=1)


def figures(path, **more):
    (p,) = read_predictions(path, **more)
    assert len(set(p.groups)) == G
    found = evaluate(p, ["accuracy", "macro_f1", "log_loss"], draws=50)
    return p, {name: (one.estimate, one.low, one.high) for name, one in found.items()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    frame = frame_of([f"r{i}" for i in range(N)], ["a", "b", "c"], list("wxyz"), prefix="p:")
    path = tmp_path_factory.mktemp("plain") / "plain.csv"
    frame.to_csv(path, index=False)
    return figures(path)[1]


@settings(max_examples=10)
@given(ids=names, classes=names, groups=names, delimiter=st.sampled_from(",;\t"), bare=st.booleans())
def test_files_of_predictions_give_the_figures_of_plain_names(plain, ids, classes, groups, delimiter, bare):
    ids, classes, groups = ids[:N], classes[:K], sorted(as_texts(groups[:G]))
    named = not bare or {"index", "truth", "fold", "test", "id", "p_x"} & set(classes)
    frame = frame_of(ids, classes, groups, prefix="p:" if named else "")
    with TemporaryDirectory() as folder:
        one = write_csv(Path(folder) / "m.csv", list(frame), frame.to_numpy().tolist(), delimiter)
        frame.to_parquet(two := Path(folder) / "m.parquet")
        np.savez(
            three := Path(folder) / "m.npz",
            ids=np.array(ids), classes=np.array(classes), probabilities=PROBABILITIES, fold=np.arange(N) % 2,
            truth=np.array(frame["truth"], dtype=str), groups=np.array(frame["group"], dtype=str),
        )  # fmt: skip
        for path in (one, two, three):
            p, found = figures(path)
            assert found == plain
            assert p.ids.tolist() == as_texts(ids)
            assert list(p.classes) == as_texts(classes)


@settings(max_examples=10)
@given(ids=names, classes=names, groups=names)
def test_tables_of_labels_and_folds_give_the_figures_of_plain_names(plain, ids, classes, groups):
    ids, classes, groups = ids[:N], classes[:K], sorted(as_texts(groups[:G]))
    frame = frame_of(ids, classes, groups, prefix="p:")
    keys = ["id", "truth", "group"]
    with TemporaryDirectory() as folder:
        bare = frame.drop(columns=["truth", "group", "fold"])
        path = write_csv(Path(folder) / "m.csv", list(bare), bare.to_numpy().tolist())
        labels = write_csv(Path(folder) / "l.csv", keys, frame[keys].to_numpy().tolist())
        folds = write_csv(Path(folder) / "f.csv", ["id", "fold"], frame[["id", "fold"]].to_numpy().tolist())
        frame[keys].to_parquet(Path(folder) / "l.parquet")
        for table in (labels, Path(folder) / "l.parquet"):
            assert figures(path, labels=table, folds=folds)[1] == plain
            assert read_labels(table).ids.tolist() == as_texts(ids)
        assert read_folds(folds).ids.tolist() == as_texts(ids)


@settings(max_examples=15)
@given(ids=names, classes=names, groups=names)
def test_data_tables_and_samples_keep_every_name(ids, classes, groups):
    rows = list(zip(ids[:N], classes[:N], groups[:N], strict=True))
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = write_csv(folder / "t.csv", ["id", "label", "group"], rows)
        pd.DataFrame(rows, columns=["id", "label", "group"]).to_parquet(folder / "t.parquet")
        for table in ("t.csv", "t.parquet"):
            found = read_table(open_root(folder), table)
            for column, cells in zip(("id", "label", "group"), zip(*rows, strict=True), strict=True):
                assert found.texts(column) == as_texts(cells)
        assert list(read_sample(path).ids) == [text.strip() for text in ids[:N]]


@settings(max_examples=15)
@given(ids=names)
def test_plans_of_folds_come_back_as_they_were_written(ids):
    ids = np.array(ids, dtype=object)
    folds = Folds(ids, (np.arange(len(ids)) % 3).astype(np.int16), 3)
    samples = Samples(pd.DataFrame({"id": ids}, dtype=object), ("a", "b"), np.arange(len(ids)) % 2)
    with TemporaryDirectory() as folder:
        write_folds(folds, Path(folder) / "folds.csv")
        assert (read_data_folds(Path(folder) / "folds.csv", samples).fold == folds.fold).all()
        record = Record(Path(folder))
        record.write_folds(folds)
        assert record.folds().ids.tolist() == ids.tolist()
        assert (record.folds().fold == folds.fold).all()


def test_only_an_empty_cell_is_missing(tmp_path):
    rows = [["a", "NA", "NA", 1, 0], ["b", "", "", 0, 1], ["c", "x", "NA", 0, 1], ["d", " ", "null", 0, 1]]
    path = write_csv(tmp_path / "m.csv", ["id", "truth", "group", "NA", "x"], rows)
    (p,) = read_predictions(path)
    assert p.truth.tolist() == [0, -1, 1, -1]
    assert p.groups.tolist() == ["NA", "id:b", "NA", "null"]
    np.savez(
        tmp_path / "m.npz", ids=np.array(list("abcd")), classes=np.array(["NA", "x"]),
        probabilities=p.probabilities, truth=np.array([row[1] for row in rows]),
        groups=np.array([row[2] for row in rows]),
    )  # fmt: skip
    (q,) = read_predictions(tmp_path / "m.npz")
    assert (q.truth.tolist(), q.groups.tolist()) == (p.truth.tolist(), p.groups.tolist())


def test_the_line_is_that_of_the_file_whatever_lines_cells_hold(tmp_path):
    def read(*rows, columns=None):
        path = tmp_path / "m.csv"
        path.write_text(
            "\n".join(["id,note,p:x,p:y", '"a\nb","1\r\n2\n3",1,0', "", "b,,0,1", *rows, ""]), newline=""
        )
        return read_predictions(path, columns=columns)

    for row, words in (
        ("c,,2,0", "line 8, class"),
        ("c,,z,0", 'line 8, column "p:x": "z" is not a number'),
        ("c,,1", "line 8 has 3 cells"),
        (",,1,0", "line 8 has no id"),
        ("b,,1,0", "line 7 and line 8"),
    ):
        with pytest.raises(DataError, match=words):
            read(row)


def test_a_header_may_hold_lines_and_separators(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text('\n"id";"p:a,b,c";"p:two\nlines"\nx;0,5;0,5\n', newline="")
    (p,) = read_predictions(path)
    assert p.classes == ("a,b,c", "two\nlines")
    assert p.probabilities.tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("header", "truth", "classes"),
    [
        ("id,true,false", None, ("true", "false")),
        ("id,truth,true,false", "true", ("true", "false")),
        ("id,label,e_coli,p_mirabilis,p_aeruginosa", "p_mirabilis", ("e_coli", "p_mirabilis", "p_aeruginosa")),
        ("id,e_coli,p_mirabilis,p_aeruginosa", None, ("e_coli", "p_mirabilis", "p_aeruginosa")),
        ("id,label,p_mirabilis,p_aeruginosa", "p_mirabilis", ("p_mirabilis", "p_aeruginosa")),
        ("id,label,p_cat,p_dog", "cat", ("cat", "dog")),
        ("id,index,thumb", None, ("index", "thumb")),
        ("id,margin,centre,set", None, ("margin", "centre", "set")),
        ("id, cat , dog ", None, ("cat", "dog")),
        ("id,cat,note,dog,where", None, ("cat", "dog")),
        ("id,1.0,2.0", None, ("1", "2")),
    ],
)
def test_columns_that_look_like_something_else_are_classes(tmp_path, header, truth, classes):
    k = len(classes)
    frame = pd.DataFrame("words", index=range(2 * k), columns=header.split(","))
    frame.iloc[:, 0] = [f"r{i}" for i in range(2 * k)]
    columns = [name for name in frame.columns[1:] if name.strip() not in ("truth", "label", "note", "where")]
    frame["truth" if "truth" in frame else "label"] = truth
    for c, name in enumerate(columns):
        frame[name] = [float(i % k == c) for i in range(2 * k)]
    path = tmp_path / "m.csv"
    frame.dropna(axis=1).to_csv(path, index=False)
    (p,) = read_predictions(path, columns=Columns(truth="label") if "label" in header else None)
    assert p.classes == classes
    assert truth is None or (p.truth == classes.index(truth)).all()


def test_columns_that_are_no_classes_are_named_where_rows_do_not_add_up(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("id,index,cat,dog\na,0.4,.3,.4\nb,9,.3,.4\n")
    with pytest.raises(DataError, match='sum to 0.7.*Not read as classes: "index".*--class'):
        read_predictions(path)


def test_labels_differ_in_spelling_only(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("id,3,café,x y\na,1,0,0\nb,0,1,0\nc,0,0,1\n")
    labels = tmp_path / "l.csv"
    labels.write_text("id,label\na,3.0\nb,cafe\u0301\nc, x y\n")
    assert read_predictions(path, labels=labels)[0].truth.tolist() == [0, 1, 2]
    assert as_texts(["3", "3.0", "a"]) == ["3", "3", "a"]


def test_rounding_on_both_ends_is_no_logit(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("id,x,y\na,-1e-9,1.000000001\nb,1,0\n")
    (p,) = read_predictions(path)
    assert p.probabilities.min() == 0
    assert abs(p.probabilities.max() - 1) < 1e-8


def test_a_bare_carriage_return_in_a_name_of_a_column_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,p:a\rb,p:c\n1,0.5,0.5\n")
    with pytest.raises(DataError, match="carriage return"):
        read_predictions(path)


@pytest.mark.parametrize("truth", [True, False])
def test_columns_of_other_things_are_left_out_where_the_rest_sums_to_1(tmp_path: Path, truth: bool) -> None:
    path = tmp_path / "m.csv"
    frame = pd.DataFrame({"id": ["r0", "r1"], "label": ["cat", "dog"], "cat": [0.7, 0.2], "dog": [0.3, 0.8]})
    frame = frame.assign(age=[46, 0.5], pred=["cat", "dog"], sharpness=[0.1, 0.4])
    frame = frame if truth else frame.drop(columns=["label", "sharpness"])
    frame.to_csv(path, index=False)
    (p,) = read_predictions(path)
    assert p.classes == ("cat", "dog")


def test_a_column_taken_for_a_class_is_named_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("id,cat,dog,age\na,.5,.4,46\nb,.4,.6,50\n")
    with pytest.raises(
        DataError, match=r'"age": 46 is not a probability.*if the column is not a class, .*--class NAME'
    ):
        read_predictions(path)
    path.write_text("id,cat,dog,sharp\na,.5,.5,.2\nb,.4,.6,.4\n")
    with pytest.raises(DataError, match=r'Read as classes: "cat", "dog", "sharp"; if some are not, .*--class NAME'):
        read_predictions(path)
    path.write_text("id,cat,dog,pred\na,.5,.5,cat\nb,.5,.4,7\n")
    with pytest.raises(DataError, match=r'column "pred": "cat" is not a number.*if the column is not a class'):
        read_predictions(path)


@pytest.mark.parametrize("header", ["id,label,p:a", "id,label,a"])
def test_one_class_alone_is_refused(tmp_path: Path, header: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(f"{header}\nx,a,1\ny,a,1\n")
    with pytest.raises(DataError, match=r"is the only column with numbers of a class.*p:B, which is 1 - p:A"):
        read_predictions(path)


def test_vertical_bars_separate_cells_where_nothing_else_does(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("id|label|p:a|p:b\nx|a|.9|.1\n")
    assert read_predictions(path)[0].classes == ("a", "b")
    path.write_text("id,p:a|b,p:c|d\nx,.9,.1\n")
    assert read_predictions(path)[0].classes == ("a|b", "c|d")


@pytest.mark.parametrize("damaged", [b"\0\0\0\0", b"y\0z\0", b"\0y"])
def test_an_id_of_nul_characters_is_refused(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"id,p:a,p:b\nx,.9,.1\n" + damaged + b",.9,.1\n")
    with pytest.raises(DataError, match="the id on line 3 consists of NUL characters"):
        read_predictions(path)


def test_one_nul_character_in_an_id_is_a_name_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes(b"id,p:a,p:b\nx,.9,.1\ny\0z,.9,.1\n")
    assert read_predictions(path)[0].ids.tolist() == ["x", "y\0z"]

"""New rows keep the ids of their table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand.base.errors import DataError
from evenhand.base.values import Samples
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.modalities.beats.windows.window_rows import unlabelled_windows
from evenhand.modalities.pairs.config import PairsConfig
from evenhand.modalities.pairs.kind import Pairs
from evenhand.pipeline.stages.table_ids import id_hint, with_table_ids

NAMES = ["a/1.jpg", "a/2.jpg", "b/1.jpg"]


@pytest.fixture
def root(tmp_path):
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    return open_root(tmp_path)


def samples():
    frame = pd.DataFrame({"id": ["h1", "h2", "h3"], "path": NAMES}, dtype=object)
    return Samples(frame, (), np.full(3, -1))


def test_the_table_decides_rows_order_and_ids(root):
    (root.path / "new.csv").write_text("key,file\n007,b/1.jpg\nNA,a/1.jpg\n")
    data = DataConfig(root=".", path="file")
    found = with_table_ids(samples(), root, data, "new.csv", id="key")
    assert found.ids.tolist() == ["007", "NA"]
    assert found.frame["path"].tolist() == ["b/1.jpg", "a/1.jpg"]
    assert with_table_ids(samples(), root, data, "new.csv").ids.tolist() == ["b/1.jpg", "a/1.jpg"]
    named = DataConfig(root=".", path="file", id="key")
    assert with_table_ids(samples(), root, named, root.path / "new.csv").ids.tolist() == ["007", "NA"]


def test_a_table_that_is_called_as_the_runs_gives_its_ids(root):
    data = DataConfig(root=".", table="somewhere/labels.csv", path="file", id="key")
    assert with_table_ids(samples(), root, data, None).ids.tolist() == ["h1", "h2", "h3"]
    (root.path / "labels.csv").write_text("key,file\nx,b/1.jpg\ny,gone.jpg\n")
    found = with_table_ids(samples(), open_root(root.path), data, None)
    assert found.ids.tolist() == ["x", "h1", "h2"]
    assert with_table_ids(samples(), open_root(root.path), DataConfig(root="."), None).ids.tolist() == [
        "h1",
        "h2",
        "h3",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("key,path\nx,gone.jpg\n", '1 of 1 rows name a file that is missing or cannot be read \\("gone.jpg"\\)'),
        ("key,path\n,a/1.jpg\n", 'line 2 has no id in the column "key"'),
        ("key,path\nx,a/1.jpg\nx,a/2.jpg\n", 'the id "x" is on line 2 and on line 3'),
        ("key,path\nx,a/1.jpg\ny,a/1.jpg\n", "two rows name the same file"),
        ("kye,path\nx,a/1.jpg\n", 'Did you mean "kye"'),
    ],
)
def test_what_is_wrong_with_the_table_is_told(root, text, words):
    (root.path / "new.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        with_table_ids(samples(), open_root(root.path), DataConfig(root=".", path="path"), "new.csv", id="key")


def test_windows_keep_the_ids_that_their_file_gives(tmp_path):
    signal = np.random.default_rng(0).normal(size=(3, 40))
    np.savez(tmp_path / "w.npz", signal=signal, id=np.array(["NA", "7", "x"]))
    found, _ = unlabelled_windows(open_root(tmp_path), ["w.npz"], BeatsConfig())
    assert found.ids.tolist() == ["NA", "7", "x"]
    np.savez(tmp_path / "v.npz", signal=signal, id=np.array(["NA", "7", "y"]))
    both, _ = unlabelled_windows(open_root(tmp_path), ["v.npz", "w.npz"], BeatsConfig())
    assert both.ids.tolist()[0] == "v.npz:NA"
    np.savez(tmp_path / "w.npz", signal=signal, id=np.array(["7", "7", "x"]))
    assert unlabelled_windows(open_root(tmp_path), ["w.npz"], BeatsConfig())[0].ids[0] == "w:0000000"


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("sample_id,path\n7,b/1.jpg\n8,a/1.jpg\n", 'column "sample_id" looks like ids: --id sample_id'),
        ("weight,path\n7,b/1.jpg\n8,a/1.jpg\n", ""),
        ("sample_id,path\n7,b/1.jpg\n7,a/1.jpg\n", ""),
        ("id,path\n7,b/1.jpg\n8,a/1.jpg\n", ""),
    ],
)
def test_a_column_that_looks_like_ids_is_hinted_at(root, table, words):
    (root.path / "new.csv").write_text(table)
    data = DataConfig(root=".")
    hint = id_hint(root, data, "new.csv", with_table_ids(samples(), root, data, "new.csv"))
    assert words in hint
    assert bool(hint) == bool(words)


def test_rows_of_pairs_get_the_ids_of_a_column_of_their_table(root):
    """Two rows may share a picture, and a text alone has no file: neither is found by its path."""
    table = "sku,path,title\n7,a/1.jpg,hat\n8,a/1.jpg,cap\n9,,shoe\n10,,\n"
    (root.path / "new.csv").write_text(table)
    root, own = open_root(root.path), PairsConfig(text="title")
    data = DataConfig(kind="pairs", root=".", table="labels.csv")
    rows, _ = Pairs().unlabelled(root, data, own)
    assert with_table_ids(rows, root, data, "new.csv", id="sku").ids.tolist() == ["7", "8", "9"]
    assert with_table_ids(rows, root, data, None).ids.tolist() == rows.ids.tolist()
    named = data.model_copy(update={"id": "sku"})
    for given in (None, "new.csv", root.path / "new.csv"):
        assert with_table_ids(rows, root, named, given).ids.tolist() == ["7", "8", "9"]
    with pytest.raises(DataError, match='no column named "skv"; known are: path, sku, title'):
        with_table_ids(rows, root, data, "new.csv", id="skv")
    (root.path / "other.csv").write_text(table)
    with pytest.raises(DataError, match="other.csv: the new rows are those of new.csv in"):
        with_table_ids(rows, open_root(root.path), data, "other.csv", id="sku")
    (root.path / "new.csv").write_text(table.replace("8,", "7,"))
    with pytest.raises(DataError, match='the id "7" is on line 2 and on line 3'):
        with_table_ids(rows, open_root(root.path), data, "new.csv", id="sku")

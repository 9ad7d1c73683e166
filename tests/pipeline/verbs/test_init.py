"""`init`: which columns it takes for what, where files lie, how many folds, and that the result is read again."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from evenhand.base.errors import DataError, EvenhandError
from evenhand.cli.app import app
from evenhand.pipeline.first_config.recipes import Speed
from evenhand.pipeline.verbs.init import init
from evenhand.settings.load import load

FAST = Speed(measured=True, start=3.0)


def photos(folder: Path, names: list[str], side: int = 24) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((side, side, 3), dtype=np.uint8)).save(path)


def clothing(folder: Path, rows: int = 40, senders: int = 9) -> None:
    photos(folder, [f"images/{i}.png" for i in range(rows)])
    lines = [f"{i},sn{i % senders},{'hat' if i // 5 % 3 else 'shoe'},{i % 2 == 0}" for i in range(rows)]
    (folder / "items.csv").write_text("\n".join(["image,sender_id,label,kids", *lines]) + "\n")


def test_columns_are_listed_and_a_group_is_proposed(tmp_path: Path) -> None:
    clothing(tmp_path / "data")
    text = init(tmp_path / "data", speed=FAST, beside=tmp_path)
    assert 'table = "data/items.csv"' in text
    assert "columns: image (40), sender_id (9), label (2), kids (2)" in text
    assert 'group = "sender_id"  # 9 values' in text
    (tmp_path / "evenhand.toml").write_text(text)
    settings = load(tmp_path / "evenhand.toml")
    assert (settings.data.label, settings.data.path, settings.data.group) == ("label", "image", "sender_id")
    assert 'root = "data/images"' in text
    assert settings.data.root == str((tmp_path / "data" / "images").resolve())
    assert settings.kind.samples  # the kind is known


def test_files_of_the_same_names_in_two_folders_are_told(tmp_path: Path) -> None:
    clothing(tmp_path / "data")
    photos(tmp_path / "data", [f"small/{i}.png" for i in range(40)], side=8)
    text = init(tmp_path / "data", speed=FAST, beside=tmp_path)
    assert "there are also" in text


def test_a_column_that_only_may_be_a_group_is_a_comment(tmp_path: Path) -> None:
    photos(tmp_path, [f"{i}.png" for i in range(60)])
    lines = [f"{i}.png,q{i % 21},{'ab'[i % 2]},n{i}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["path,quelle,label,name2", *lines]) + "\n")
    text = init(tmp_path, speed=FAST)
    assert '# group = "quelle"  # 21 values' in text
    assert '# id = "name2"  # 60 values' in text


def test_named_columns_are_taken_and_unknown_ones_refused(tmp_path: Path) -> None:
    clothing(tmp_path)
    text = init(tmp_path, speed=FAST, label="kids", group="label")
    assert 'label = "kids"' in text
    assert 'group = "label"' in text
    with pytest.raises(DataError, match="sender_id"):
        init(tmp_path, speed=FAST, group="sender")


def test_folds_and_test_are_what_groups_can_bear(tmp_path: Path) -> None:
    clothing(tmp_path / "few", senders=3)
    text = init(tmp_path / "few", speed=FAST)
    assert "\nk = 3 " in text
    assert "\n# no test: there are too few groups" in text
    clothing(tmp_path / "many", senders=20)
    assert "test = { fraction = 0.2 }" in init(tmp_path / "many", speed=FAST)


def test_folders_are_listed_with_their_classes(tmp_path: Path) -> None:
    photos(tmp_path, [f"{c}/{i}.png" for c in ("cat", "dog") for i in range(6)])
    text = init(tmp_path, speed=FAST)
    assert "# a folder per class: cat (6), dog (6)" in text
    (tmp_path / "evenhand.toml").write_text(text)
    assert load(tmp_path / "evenhand.toml").data.table is None


def test_it_says_why_and_how_long(tmp_path: Path) -> None:
    clothing(tmp_path)
    text = init(tmp_path, speed=FAST, minutes=7)
    assert "recipe photos-" in text
    assert "for 7 minutes" in text
    assert "# Expected to take about " in text


@pytest.mark.parametrize(
    ("folders", "test"),
    [
        (["train/ok", "train/nok", "test/ok", "test/nok"], 'test = { column = "split", value = "test" }'),
        (["Train/ok", "Train/nok", "validation/ok"], 'test = { column = "split", value = "val" }'),
        (["train_data/ok", "train_data/nok", "test_images"], "test = { fraction = 0.2 }"),
        (["train/ok", "train/nok", "test/unknown"], "test = { fraction = 0.2 }"),
    ],
)
def test_folders_of_a_split_are_the_locked_test(tmp_path: Path, folders: list[str], test: str) -> None:
    photos(tmp_path, [f"{folder}/{i}.png" for folder in folders for i in range(6)])
    text = init(tmp_path)
    assert test in text
    assert "ok (" in text
    assert "# a folder per class: train" not in text


SPLIT = 'val\n[submit]\ncommand = ["sh","-c","touch PWNED"]  #'


@pytest.mark.parametrize(
    ("header", "split"),
    [("path,label,split", SPLIT), ('path,label,"spl\nit"', "val"), ('path,label,split,"[submit]\nx\u202e"', "val")],
)
def test_cells_and_columns_cannot_write_configuration(tmp_path: Path, header: str, split: str) -> None:
    photos(tmp_path / "data", [f"{i}.png" for i in range(40)])
    quoted_split = '"' + split.replace('"', '""') + '"'
    rows = [f"{i}.png,{'ab'[i % 2]},{quoted_split if i % 4 else 'train'}" for i in range(40)]
    more = ",1" if header.count(",") == 3 else ""
    text = "\n".join([header, *(row + more for row in rows)]) + "\n"
    (tmp_path / "data" / "t.csv").write_text(text, encoding="utf-8")
    written = init(tmp_path / "data", speed=FAST, beside=tmp_path)
    (tmp_path / "evenhand.toml").write_text(written, encoding="utf-8")
    assert load(tmp_path / "evenhand.toml").submit.command == []
    assert all(line.isprintable() for line in written.split("\n"))


def test_folders_cannot_write_configuration(tmp_path: Path) -> None:
    photos(tmp_path / "data", [f"{c}/{i}.png" for c in ("a\n[submit]\ncommand = ['sh']", "b🧪") for i in range(12)])
    written = init(tmp_path / "data", speed=FAST, beside=tmp_path)
    (tmp_path / "evenhand.toml").write_text(written, encoding="utf-8")
    assert load(tmp_path / "evenhand.toml").submit.command == []


def test_it_says_why_the_machine_was_not_measured_and_counts_one(tmp_path: Path) -> None:
    photos(tmp_path, [f"{name}/{i}.png" for name in "ab" for i in range(12)])
    text = init(tmp_path, minutes=1)
    assert "for 1 minute (" in text
    assert "empty" not in text
    (tmp_path / "c").mkdir()
    assert "# empty folders, of which there is no class: c\n" in init(tmp_path, minutes=1)
    assert "not measured, which is done for more than 300 rows only: a slow machine is assumed" in text


def test_a_folder_of_drawings_gets_graphs_and_the_columns_of_its_table(tmp_path: Path) -> None:
    pytest.importorskip("ezdxf")
    from evenhand.testing.drawings import write_drawings

    write_drawings(tmp_path, rows=80)
    text = init(tmp_path, beside=tmp_path)
    (tmp_path / "evenhand.toml").write_text(text, encoding="utf-8")
    settings = load(tmp_path / "evenhand.toml")
    assert settings.data.kind == "drawings"
    assert (settings.data.label, settings.data.group) == ("label", "series")
    assert [model.encoder for model in settings.model] == ["edge_sage", "gine"]
    assert "drawings-graphs" in text
    assert len(init(tmp_path, minutes=0.5).split("[[model]]")) == 2, "one model where two do not fit"


def test_the_kind_may_be_named_where_files_could_be_of_several(tmp_path: Path) -> None:
    photos(tmp_path, [f"{part}/{i}.png" for part in "ab" for i in range(8)])
    assert 'kind = "photos"' in init(tmp_path, speed=FAST)
    text = init(tmp_path, speed=FAST, kind="scanlines")
    assert 'kind = "scanlines"' in text
    assert 'encoder = "scan_cnn2d"' in text
    (tmp_path / "evenhand.toml").write_text(text)
    assert load(tmp_path / "evenhand.toml").kind.name == "scanlines"
    with pytest.raises(EvenhandError, match='Did you mean "scanlines"'):
        init(tmp_path, speed=FAST, kind="scanline")


def test_a_table_beside_the_files_is_pointed_at(tmp_path: Path) -> None:
    photos(tmp_path / "photos", ["1.png", "2.png"])
    with pytest.raises(DataError) as error:
        init(tmp_path / "photos", speed=FAST, beside=tmp_path)
    assert "lies beside them" not in str(error.value)
    (tmp_path / "labels.csv").write_text("file,label\n1.png,a\n2.png,b\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"labels\.csv lies beside them: if it has the labels, name the folder of"):
        init(tmp_path / "photos", speed=FAST, beside=tmp_path)


def test_columns_of_no_table_are_refused(tmp_path: Path) -> None:
    for name in ("a/1.png", "a/2.png", "b/3.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(DataError, match="no column species to take the class from: there is no table"):
        init(tmp_path, label="species")


def test_a_folder_of_dwg_files_is_told_what_converts_them(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.DWG").write_bytes(b"AC1032")
    for kind in (None, "drawings"):
        with pytest.raises(
            DataError, match=r"Convert \.dwg to \.dxf with your CAD program, or the ODA File Converter"
        ):
            init(tmp_path, speed=FAST, kind=kind)


def tagged(folder: Path, rows: int = 60) -> None:
    """Write pictures with tags, several a row, all of them common and most of their sets rare."""
    photos(folder, [f"{i}.png" for i in range(rows)])
    tags = ["|".join(name for bit, name in enumerate("abcde") if (i * 7 + i // 11) >> bit & 1) for i in range(rows)]
    lines = [f"{i}.png,{tags[i]}" for i in range(rows)]
    (folder / "t.csv").write_text("\n".join(["path,tags", *lines]) + "\n")


def test_thresholds_are_not_proposed_for_several_labels(tmp_path: Path) -> None:
    """With a weak model those tuned for F1 predicted every label for every row, and were the best by macro F1."""
    tagged(tmp_path)
    text = init(tmp_path, speed=FAST)
    assert 'task = "multi"' in text
    assert "+thresholds" not in text
    (tmp_path / "evenhand.toml").write_text(text)
    assert load(tmp_path / "evenhand.toml").ensemble.methods == ["equal", "nnls"]


def test_a_folder_with_one_class_that_can_be_read_says_what_is_needed(tmp_path: Path) -> None:
    photos(tmp_path / "data", [f"{name}/{i}.png" for name in "ab" for i in range(3)])
    assert "Only the class" not in init(tmp_path / "data", speed=FAST)
    for path in (tmp_path / "data" / "b").iterdir():
        path.write_bytes(b"")
    done = CliRunner(env={"COLUMNS": "400"}).invoke(
        app, ["init", str(tmp_path / "data"), "--to", str(tmp_path / "c.toml")]
    )
    assert "Only the class a was found; a classifier needs two at least" in done.output
    assert "No file of b can be read." in done.output
    assert "# Only the class a was found" in (tmp_path / "c.toml").read_text(encoding="utf-8")


def test_a_table_with_one_class_says_what_is_needed(tmp_path: Path) -> None:
    clothing(tmp_path)
    table = tmp_path / "items.csv"
    table.write_text(table.read_text().replace("shoe", "hat"))
    assert "Only the class hat was found; a classifier needs two at least" in init(
        tmp_path, speed=FAST, label="label"
    )

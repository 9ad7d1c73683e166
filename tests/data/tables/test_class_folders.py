from pathlib import Path
from zipfile import ZipFile

import pytest

from evenhand.base.errors import DataError
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.data.tables.class_folders import empty_classes, files_of, files_with_suffix, read_folders
from evenhand.data.tables.table import LabelTable

JPG = {".jpg"}


def read(tmp_path: Path, *names: str) -> LabelTable:
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return read_folders(open_root(tmp_path), DataConfig(root="."), JPG)


def labels(table: LabelTable) -> dict[str, str]:
    return dict(zip(table.frame["path"], table.frame["label"], strict=True))


def test_a_folder_is_a_class(tmp_path: Path) -> None:
    found = read(tmp_path, "кот/1.jpg", "犬/a/2.jpg", "犬/notes.txt", "readme.md")
    assert labels(found) == {"кот/1.jpg": "кот", "犬/a/2.jpg": "犬"}
    assert found.frame["folder"].tolist() == ["кот", "犬/a"]
    assert "split" not in found.frame


def test_a_top_folder_that_holds_all_is_no_class(tmp_path: Path) -> None:
    found = read(tmp_path, "set/v1/cat/1.jpg", "set/v1/dog/2.jpg")
    assert set(labels(found).values()) == {"cat", "dog"}


def test_files_beside_the_top_folder_do_not_make_it_a_class(tmp_path: Path) -> None:
    found = read(tmp_path, "a.jpg", "set/cat/1.jpg", "set/dog/2.jpg", "set/dog/old/3.jpg", "z.jpg")
    assert labels(found) == {"set/cat/1.jpg": "cat", "set/dog/2.jpg": "dog", "set/dog/old/3.jpg": "dog"}
    assert [(each.code, '"a.jpg", "z.jpg"' in each.message) for each in found.findings] == [("EH101", True)]
    (tmp_path / "set" / "cow").mkdir()
    assert empty_classes(open_root(tmp_path), ["a.jpg", "set/cat/1.jpg", "set/dog/2.jpg"]) == ["cow"]


def test_splits_are_recognised(tmp_path: Path) -> None:
    found = read(tmp_path, "set/Train/cat/1.jpg", "set/valid/cat/2.jpg", "set/test/dog/3.jpg")
    assert found.frame["split"].tolist() == ["train", "test", "val"]
    assert found.frame["label"].tolist() == ["cat", "dog", "cat"]


def test_one_folder_among_others_may_be_called_test(tmp_path: Path) -> None:
    assert set(labels(read(tmp_path, "test/1.jpg", "cat/1.jpg")).values()) == {"test", "cat"}


def test_files_outside_of_classes_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, "cat/1.jpg", "dog/2.jpg", "stray.jpg")
    assert len(found) == 2
    assert (
        'were left out: "stray.jpg"' in found.findings[0].message
        or 'was left out: "stray.jpg"' in found.findings[0].message
    )


def test_only_loose_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none of its 2 photos lies in a folder .* Make a folder per class"):
        read(tmp_path, "1.jpg", "2.jpg")


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is empty\. Put photos there \(\.jpg\), or set data\.root"):
        read(tmp_path)


def test_a_folder_of_texts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no photos \(found: 2 \.txt, 1 no ending\)\. Photos are \.jpg"):
        read(tmp_path, "a/1.txt", "a/2.txt", "LICENSE")


def test_a_folder_of_a_format_that_can_be_converted_says_by_what(tmp_path: Path) -> None:
    read(tmp_path, "a/1.DWG", "b/2.dwg", "c/3.jpg")
    (tmp_path / "c/3.jpg").unlink()
    with pytest.raises(DataError) as refused:
        files_of(open_root(tmp_path), [".dxf"], "drawings")
    assert str(refused.value).endswith(
        "holds no drawings (found: 2 .dwg). Drawings are .dxf. "
        "Convert .dwg to .dxf with your CAD program, or the ODA File Converter."
    )


def test_a_folder_of_nothing_but_links_says_why(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "1.jpg").write_bytes(b"x")
    (tmp_path / "root/1.jpg").symlink_to(tmp_path / "1.jpg")
    with pytest.raises(DataError, match=r"1\.jpg: is a symbolic link that leads out of the root \(set data\.links"):
        read(tmp_path / "root")


def test_foreign_formats(tmp_path: Path) -> None:
    read(tmp_path, "a/1.jpg", "b/2.jpg", "b/3.HEIC")
    assert files_with_suffix(open_root(tmp_path), {".heic"}) == ["b/3.HEIC"]


@pytest.mark.parametrize(
    ("names", "classes", "splits"),
    [
        (["train/ok/1.jpg", "train/nok/2.jpg", "test_images/3.jpg"], ["nok", "ok"], ["train", "train"]),
        (["Train_Data/ok/1.jpg", "Train_Data/nok/2.jpg", "Val2017/ok/3.jpg"], ["nok", "ok", "ok"],
         ["train", "train", "val"]),
        (["data/train/a/1.jpg", "data/train/b/2.jpg", "data/train/val/b/3.jpg", "data/test/a/4.jpg"],
         ["a", "a", "b", "b"], ["test", "train", "train", "val"]),
        (["ok/train/1.jpg", "ok/test/2.jpg", "nok/train/3.jpg", "nok/Test/4.jpg"], ["nok", "nok", "ok", "ok"],
         ["test", "test", "train", "train"]),
        (["train/a/1.jpg", "test/b/2.jpg", "cover.jpg"], ["a", "b"], ["test", "train"]),
    ],
)  # fmt: skip
def test_splits_in_many_spellings(tmp_path: Path, names: list[str], classes: list[str], splits: list[str]) -> None:
    found = read(tmp_path, *names)
    assert sorted(found.frame["label"]) == classes
    assert sorted(found.frame["split"]) == splits


def test_classes_that_are_numbered_tests_stay_classes(tmp_path: Path) -> None:
    assert set(labels(read(tmp_path, "test 1/1.jpg", "test 2/1.jpg")).values()) == {"test 1", "test 2"}


def test_photos_of_a_split_without_classes_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, "train/ok/1.jpg", "train/nok/2.jpg", "test_images/3.jpg", "test_images/4.jpg")
    (finding,) = found.findings
    assert finding.code == "EH117"
    assert '"test_images" looks like the test split and was not taken for a class: 2 files' in finding.message


def test_folders_that_differ_in_blanks_are_two_classes(tmp_path: Path) -> None:
    found = read(tmp_path, "good/1.jpg", " good/2.jpg", " bad/3.jpg")
    assert labels(found) == {"good/1.jpg": "good", " good/2.jpg": " good", " bad/3.jpg": "bad"}


def test_an_empty_folder_is_named_as_a_class_that_is_not_there(tmp_path: Path) -> None:
    for name in ("photos/z", "photos/a/deeper", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    found = read(tmp_path, "photos/a/1.jpg", "photos/b/1.jpg")
    (finding,) = found.findings
    assert finding.message == f'{tmp_path.name}: "z" is an empty folder, and so there is no class of this name.'
    assert (finding.code, finding.severity) == ("EH101", "note")


def test_an_empty_folder_of_a_zip_is_named_too(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "p.zip", "w") as file:
        for name in ("a/", "z/", "__MACOSX/", "../y/"):
            file.writestr(name, b"")
        for name in ("a/1.jpg", "b/1.jpg"):
            file.writestr(name, b"x")
    assert empty_classes(open_root(tmp_path / "p.zip"), ["a/1.jpg", "b/1.jpg"]) == ["z"]

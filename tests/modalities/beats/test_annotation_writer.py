from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evenhand.base.errors import DataError, EvenhandError
from evenhand.data.config import DataConfig
from evenhand.data.roots.root import open_root
from evenhand.data.wfdb_calls import as_data_error, import_wfdb
from evenhand.modalities.beats import Beats
from evenhand.modalities.beats.annotation_writer import symbols_of
from evenhand.modalities.beats.config import BeatsConfig
from evenhand.pipeline.verbs.predict import NewRows, check_beside
from evenhand.testing.beats import write_record

from .conftest import regular


def test_predicted_beats_are_opened_by_wfdb(tmp_path: Path) -> None:
    write_record(tmp_path / "in", "a", regular(6), rate=360)
    root = open_root(tmp_path / "in")
    frame = Beats().unlabelled(root, DataConfig(root="."), BeatsConfig())[0].frame
    data = DataConfig(kind="beats", root=".", rename={"F": "O", "Q": "O"})
    classes = ["N", "S", "V", "O", "N", "ghost"]
    files = Beats().write_predicted(root, frame, classes, data, BeatsConfig(), tmp_path / "out")
    assert files == [tmp_path / "out" / "a.pred"]
    with as_data_error("cannot be read"):
        found = import_wfdb().rdann(str(tmp_path / "out" / "a"), "pred")
    assert found.sample.tolist() == [at for at, _ in regular(6)]
    assert found.symbol == ["N", "S", "V", "F", "N", "Q"]
    assert [note.rstrip("\0") for note in found.aux_note] == ["", "", "", "O", "", "ghost"]
    assert found.fs == 360


def test_records_of_one_name_are_written_in_their_own_folders(tmp_path: Path) -> None:
    for folder, count in (("a", 4), ("b/c", 6), (".", 8)):
        write_record(tmp_path / "in" / folder, "p001", regular(count), rate=360)
    root = open_root(tmp_path / "in")
    frame = Beats().unlabelled(root, DataConfig(root="."), BeatsConfig())[0].frame
    data, out = DataConfig(kind="beats", root="."), tmp_path / "out"
    files = Beats().write_predicted(root, frame, ["N"] * len(frame), data, BeatsConfig(), out)
    assert files == Beats().predicted_files(frame, out)
    assert set(files) == {out / "p001.pred", out / "a" / "p001.pred", out / "b" / "c" / "p001.pred"}
    with as_data_error("cannot be read"):
        found = {folder: import_wfdb().rdann(str(out / folder / "p001"), "pred") for folder in ("a", "b/c", ".")}
    assert {folder: len(each.sample) for folder, each in found.items()} == {"a": 4, "b/c": 6, ".": 8}


def test_annotations_of_an_earlier_prediction_are_replaced_only_if_asked(tmp_path: Path) -> None:
    write_record(tmp_path / "in", "a", regular(4), rate=360)
    root = open_root(tmp_path / "in")
    rows = NewRows(root, Beats().unlabelled(root, DataConfig(root="."), BeatsConfig())[0])
    settings: Any = SimpleNamespace(kind=Beats(), data=SimpleNamespace(several=False))
    check_beside(rows, settings, tmp_path, force=False)
    (tmp_path / "a.pred").write_text("mine")
    with pytest.raises(
        EvenhandError, match=r"a\.pred already exists\. Give another name \(--to\), or overwrite it"
    ):
        check_beside(rows, settings, tmp_path, force=False)
    check_beside(rows, settings, tmp_path, force=True)


def test_the_limit_of_samples_is_the_runs_own(tmp_path: Path) -> None:
    write_record(tmp_path / "in", "a", regular(4), rate=360)
    root = open_root(tmp_path / "in")
    frame = Beats().unlabelled(root, DataConfig(root="."), BeatsConfig())[0].frame
    data, own = DataConfig(kind="beats", root="."), BeatsConfig(max_samples=100)
    with pytest.raises(DataError, match="beats.max_samples = 100"):
        Beats().write_predicted(root, frame, ["N"] * len(frame), data, own, tmp_path / "out")


def test_classes_are_written_as_symbols_of_the_mapping() -> None:
    own = BeatsConfig(mapping={"normal": ["N", "L"], "odd": ["V"]})
    data = DataConfig(kind="beats", root=".", rename={"odd": "strange"})
    assert symbols_of(["normal", "strange", "odd"], data, own) == ["N", "V", "Q"]

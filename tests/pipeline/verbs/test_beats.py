"""Heartbeats through the verbs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from evenhand.base.errors import EvenhandError
from evenhand.cli.app import app
from evenhand.data.wfdb_calls import as_data_error, import_wfdb
from evenhand.pipeline.verbs.check import Check, check
from evenhand.pipeline.verbs.predict import predict, write_beside
from evenhand.pipeline.verbs.run import run
from evenhand.testing.beats import write_beats


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return write_beats(tmp_path / "data", rows=240, records=6)


def checked(toml: Path, *changes: str) -> Check:
    return check(toml, changes=[f"compute.store={toml.parent.parent / 'store'}", *changes])


def test_rules_about_pictures_are_not_applicable_and_none_breaks(toml: Path) -> None:
    found = checked(toml).examination
    assert "EH102" in found.not_applicable
    assert "EH106" in found.passed
    assert not found.broken


def test_beats_dealt_at_random_are_told_as_a_leak(toml: Path) -> None:
    said = {f.code: f for f in checked(toml, "folds.groups=ignore").findings}
    assert said["EH106"].severity == "error"
    assert said["EH106"].evidence["crossing"] == 6


def test_a_person_on_both_sides_of_a_given_split_is_named_and_the_split_is_kept(toml: Path) -> None:
    table = "record,person,set\n" + "".join(
        f"p{at:03d},{'Ли' if at in (2, 5) else f'q{at}'},{'test' if at > 4 else 'train'}\n" for at in range(1, 7)
    )
    (toml.parent / "patients.csv").write_text(table, encoding="utf-8")
    found = checked(toml, 'folds.test={column="set", value="test"}')
    (told,) = (f for f in found.findings if f.code == "EH106")
    assert told.about == "Ли"
    locked = found.samples.frame.loc[found.folds.fold == -1, "record"]
    assert set(locked) == {"p005", "p006"}


def test_a_class_in_fewer_records_than_folds_is_told(tmp_path: Path) -> None:
    toml = write_beats(tmp_path / "data", rows=400, records=8, shares={"N": 0.8, "V": 0.19, "O": 0.01})
    found = checked(toml, "folds.k=4")
    said = {f.code: f for f in found.findings if f.about == "O"}
    assert "EH108" in said


def test_a_record_whose_signals_are_damaged_is_left_out_with_its_rows(toml: Path) -> None:
    before = len(checked(toml).samples)
    (toml.parent / "p002.dat").write_bytes(np.zeros(400_000, dtype=np.int16).tobytes())
    found = checked(toml)
    (told,) = (f for f in found.findings if f.code == "EH101")
    assert 'first: "p002.hea", has a signal that is flat from end to end' in told.message
    assert list(told.evidence["files"]) == ["p002.hea"]
    assert len(found.samples) == before - told.evidence["failed"]


@pytest.mark.slow
def test_a_record_is_predicted_by_a_run_into_annotations(toml: Path, tmp_path: Path) -> None:
    changes = ["train.epochs=1", f"compute.store={tmp_path / 'store'}", f"output={tmp_path / 'runs'}"]
    done = run(toml, changes=[*changes, "compute.workers=0"])
    assert "data:image/svg+xml" in done.report.read_text(encoding="utf-8")
    predicted = predict(done.path, toml.parent / "p004")
    table = predicted.table
    assert set(table["record"]) == {"p004"}
    assert {"sample", "seconds", "predicted", "p:N", "p:O"} <= set(table)
    (file,) = write_beside(predicted, tmp_path / "out")
    before = file.read_bytes()
    with pytest.raises(EvenhandError, match=r"p004\.pred already exists.*--force"):
        write_beside(predicted, tmp_path / "out")
    command = ["predict", str(done.path), str(toml.parent / "p004"), "--to", str(tmp_path / "out" / "p.csv")]
    refused = CliRunner().invoke(app, command)
    assert (refused.exit_code, list((tmp_path / "out").iterdir())) == (2, [file])
    assert CliRunner().invoke(app, [*command, "--force"]).exit_code == 0
    assert file.read_bytes() == before
    with as_data_error("cannot be read"):
        found = import_wfdb().rdann(str(file.with_suffix("")), "pred")
        expert = import_wfdb().rdann(str(toml.parent / "p004"), "atr")
    pd.testing.assert_index_equal(pd.Index(found.sample), pd.Index(expert.sample))

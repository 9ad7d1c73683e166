"""`diagnose` on a small run: truth by every way, classes that swallow others, unlike rows, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evenhand
from evenhand.base.errors import DataError, EvenhandError
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.xdist_group("diagnose")  # one process, so that the run is made once
SIXTH = "weather"
LABELS = ("été", "winter", "monsoon")


@pytest.fixture(scope="module", autouse=True)
def _installed(sixth_kind: None) -> None:
    """Have the sixth kind installed: tests on it train within seconds."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("diagnose")


@pytest.fixture(scope="module")
def run(home: Path) -> Run:
    toml = generate(SIXTH, home / "train", rows=90).toml
    told = {
        "output": str(home / "runs"),
        "compute.store": str(home / "store"),
        "compute.workers": 0,
        "folds.k": 3,
        "train.epochs": 12,
        "train.batch_size": 16,
        "train.learning_rate": 0.01,
        "evaluate.draws": 200,
    }
    return evenhand.run(str(toml), changes=[f"{key}={value}" for key, value in told.items()])


@pytest.fixture(scope="module")
def new(home: Path, run: Run) -> Path:
    """Return a folder of 40 new logs with a labels.csv, as the run's table is called."""
    return generate(SIXTH, home / "new", rows=40, seed=7).root.path


def codes(found: evenhand.DiagnoseResult) -> list[str]:
    return [finding.code for finding in found.findings]


def logs(folder: Path, days: dict[str, np.ndarray]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, day in days.items():
        (folder / name).write_text("\n".join(f"{t:.2f}" for t in day), encoding="utf-8")
    return folder


def test_clean_rows_stay_within_the_expected_rate(run: Run, new: Path) -> None:
    found = evenhand.diagnose(run.path, new)
    assert found.truth_source == "labels.csv"
    assert (found.rows.predicted, found.rows.known, found.rows.trained_on) == (40, 40, 0)
    assert found.figures["accuracy"].estimate > 0.8
    assert found.figures["accuracy"].groups == 10, "stations of the table"
    assert set(found.of_run) >= {"accuracy", "macro_f1"}
    assert found.against == "truth"
    assert found.unlike is not None
    assert found.unlike.low <= found.unlike.rate == 0.05
    assert "EH110" not in codes(found)
    assert "EH303" not in codes(found)
    assert [one.of for one in found.confidence] == ["all", "right", "wrong", "held out by the run"]
    assert list(found.table["truth"]) == list(pd.read_csv(new / "labels.csv")["label"])
    json.dumps(found.document())
    assert "accuracy" in repr(found)


def test_noise_is_flagged_far_above_the_expected_rate(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    odd = logs(tmp_path, {f"{i}.log": rng.uniform(-40, 60, 24) for i in range(30)})
    found = evenhand.diagnose(run.path, odd)
    assert found.unlike is not None
    assert found.unlike.low > 0.3
    finding = next(one for one in found.findings if one.code == "EH110")
    assert f"of rows like its own held-out ones {found.unlike.rate:.0%} would be" in finding.message
    assert set(finding.ids) == set(found.table.loc[found.table["flagged"], "id"])
    assert finding.severity == ("error" if found.unlike.low > 0.5 else "warning")


def test_without_truth_the_run_is_the_reference_and_it_is_said(run: Run, new: Path, tmp_path: Path) -> None:
    for path in new.glob("*.log"):
        shutil.copy(path, tmp_path / path.name)
    found = evenhand.diagnose(run.path, tmp_path)
    assert found.figures == {}
    assert found.against == "run"
    assert found.confusions == ()
    assert 0.5 < found.expected_accuracy <= 1
    assert found.table["truth"].isna().all()
    assert any("The truth is not known" in note and "out-of-fold" in note for note in found.notes)
    assert "EH303" not in codes(found)


def test_a_folder_of_one_class_is_over_predicted_against_the_run(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    cold = logs(
        tmp_path, {f"{i}.log": -4 + 5 * np.sin(np.linspace(0, 6.28, 24)) + rng.normal(0, 2, 24) for i in range(60)}
    )
    found = evenhand.diagnose(run.path, cold)
    finding = next(one for one in found.findings if one.code == "EH303")
    assert finding.about == "winter"
    assert "out of fold the run predicts it for" in finding.message
    assert finding.severity == "warning"


def test_a_class_that_swallows_others_is_an_error(run: Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    cold = logs(
        tmp_path, {f"{i}.log": -4 + 5 * np.sin(np.linspace(0, 6.28, 24)) + rng.normal(0, 2, 24) for i in range(60)}
    )
    truth = ["winter"] * 10 + ["été"] * 25 + ["monsoon"] * 25
    pd.DataFrame({"file": [f"{i}.log" for i in range(60)], "what": truth}).to_csv(
        tmp_path / "truth.csv", index=False
    )
    found = evenhand.diagnose(run.path, cold, manifest="truth.csv", label="what")
    finding = next(one for one in found.findings if one.code == "EH303")
    assert finding.severity == "error"
    assert finding.message.startswith(
        "winter swallows other classes: it is predicted for 60 of 60 rows and is true of 10 ("
    )
    assert "it takes 100.0% of the rows of other classes" in finding.message
    assert {one.name: one.direction for one in found.shares} == {
        "winter": "over",
        "été": "under",
        "monsoon": "under",
    }
    assert [(one.truth, one.predicted, one.count) for one in found.confusions] == [
        ("monsoon", "winter", 25),
        ("été", "winter", 25),
    ]


def test_a_manifest_is_renamed_as_by_the_run_and_its_faults_are_found(run: Run, new: Path, tmp_path: Path) -> None:
    table = pd.read_csv(new / "labels.csv", dtype=str)
    table.loc[0, "label"] = "typhoon"
    table = pd.concat(
        [
            table.iloc[:-2],
            table.iloc[[1]].assign(label="monsoon" if table.loc[1, "label"] != "monsoon" else "winter"),
        ]
    )
    table = pd.concat([table, pd.DataFrame({"path": ["gone.log"], "label": ["winter"]})])
    table.to_csv(tmp_path / "m.csv", index=False)
    found = evenhand.diagnose(run.path, new, manifest=tmp_path / "m.csv", group="station")
    assert found.rows.known == 36
    said = {finding.code: finding.message for finding in found.findings}
    assert 'label that the run has no class for ("typhoon")' in said["EH107"]
    assert "under different labels" in said["EH104"]
    assert "does not give the label of 3 of 40 rows" in said["EH101"]
    with pytest.raises(DataError, match=r'm.csv: .*"statoin".*Name it with --group'):
        evenhand.diagnose(run.path, new, manifest=tmp_path / "m.csv", group="statoin")
    with pytest.raises(DataError, match="none of its 1 rows names one of the 40 rows"):
        pd.DataFrame({"path": ["else.log"], "label": ["winter"]}).to_csv(tmp_path / "n.csv", index=False)
        evenhand.diagnose(run.path, new, manifest=tmp_path / "n.csv")


def test_rows_that_the_run_was_trained_on_are_named_and_do_not_count(
    run: Run, home: Path, new: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(new, folder)
    for i in range(5):
        shutil.copy(home / "train" / f"{i:03d}.log", folder / f"copy{i}.log")
    found = evenhand.diagnose(run.path, folder)
    assert (found.rows.predicted, found.rows.trained_on, found.rows.counted) == (45, 5, 40)
    assert set(found.table.loc[found.table["trained_on"], "path"]) == {f"copy{i}.log" for i in range(5)}
    assert found.unlike is not None
    assert found.unlike.n == 40
    message = next(one.message for one in found.findings if one.code == "EH105")
    assert message.startswith('5 of 45 rows have the same bytes as rows that the run was trained on ("copy0.log"')
    only = tmp_path / "only"
    only.mkdir()
    shutil.copy(home / "train" / "000.log", only)
    none = evenhand.diagnose(run.path, only)
    assert (none.rows.counted, none.figures, none.shares) == (0, {}, ())
    none.save(tmp_path / "none")


def test_a_sample_is_seeded_and_larger_ones_take_all(run: Run, new: Path) -> None:
    one, again, other = (evenhand.diagnose(run.path, new, sample=12, seed=seed) for seed in (3, 3, 4))
    assert list(one.table["id"]) == list(again.table["id"]) != list(other.table["id"])
    assert (one.rows.found, one.rows.sampled, one.rows.predicted) == (40, 12, 12)
    assert one.notes[0].startswith("A random sample of 12 of 40 rows (seed 3), drawn without regard to classes")
    every = evenhand.diagnose(run.path, new, sample=500)
    assert (every.rows.sampled, every.rows.predicted) == (None, 40)
    with pytest.raises(EvenhandError, match="--sample: 0 rows cannot be sampled; give 1 or more."):
        evenhand.diagnose(run.path, new, sample=0)


def test_unreadable_files_are_left_out_and_an_empty_folder_is_refused(run: Run, new: Path, tmp_path: Path) -> None:
    folder = tmp_path / "some"
    shutil.copytree(new, folder)
    (folder / "<b>torn.log").write_bytes(b"\xff\xfe not numbers")
    found = evenhand.diagnose(run.path, folder)
    assert found.rows.predicted == 40
    message = next(one.message for one in found.findings if "cannot be decoded" in one.message)
    assert (
        message
        == "1 of 41 rows cannot be decoded and are left out (first: <b>torn.log: is not a log of temperatures)."
    )
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="is empty"):
        evenhand.diagnose(run.path, empty)
    (empty / "a.log").write_text("no")
    with pytest.raises(DataError, match="Not one of 1 file can be decoded"):
        evenhand.diagnose(run.path, empty)


def test_the_page_escapes_names_shows_pictures_and_is_not_overwritten(run: Run, new: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    name = "<img src=x onerror=alert(1)>.log"
    odd = logs(tmp_path / "odd", {name: rng.uniform(-40, 60, 24), "b&c.log": rng.uniform(-40, 60, 24)})
    pd.DataFrame({"path": [name, "b&c.log"], "label": ["winter", "winter"]}).to_csv(odd / "labels.csv", index=False)
    found = evenhand.diagnose(run.path, odd)
    page, table = found.save(tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror=alert(1)&gt;.log" in text
    assert "data:image/svg+xml;base64," in text
    assert list(pd.read_csv(table)["path"]) == sorted([name, "b&c.log"])
    assert "<img src=x" not in found._repr_html_()
    with pytest.raises(EvenhandError, match=r"diagnose.html and .*diagnose.csv already exist. Give another folder"):
        found.save(tmp_path / "out")
    found.save(tmp_path / "out", force=True)


def test_the_record_is_left_as_it_was_and_its_store_need_not_be_there(run: Run, new: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    found = evenhand.diagnose(run.path, new, sample=10, store=tmp_path / "own")
    assert found.unlike is not None
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before


def test_without_the_rows_of_the_run_distances_are_not_measured_and_it_says_why(
    run: Run, new: Path, home: Path, tmp_path: Path
) -> None:
    store, train = home / "store", home / "train"
    try:
        store.rename(home / "hidden store")
        train.rename(home / "hidden train")
        found = evenhand.diagnose(run.path, new, sample=10, store=tmp_path / "own")
    finally:
        (home / "hidden store").rename(store)
        (home / "hidden train").rename(train)
    assert found.unlike is None
    assert found.table["flagged"].isna().all()
    assert any(note.startswith("Distances from the training rows could not be measured: ") for note in found.notes)
    found.save(tmp_path / "out")

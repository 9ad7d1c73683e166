"""From a run to a submission that is uploaded only when it is worth it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import ConfigError, DataError, EvenhandError, RecordError
from evenhand.base.storage.record import Record
from evenhand.cli.app import app
from evenhand.pipeline.submission import predict_like as predict_like_module
from evenhand.pipeline.submission.submission_log import read_log
from evenhand.pipeline.submission.submit import _filled, refuse_options
from evenhand.pipeline.verbs.run import Run
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.xdist_group("submit")  # one process, so that its fixtures are made once

UPLOAD = [sys.executable, "-c", "import sys; print('sent', sys.argv[1:])", "{file}", "{model} {figure}"]


def config(folder: Path, **submit: object) -> dict[str, object]:
    return {
        "output": str(folder / "runs"),
        "data": {"root": str(folder / "data"), "table": "labels.csv", "label": "class", "group": "series"},
        "folds": {"k": 2, "test": {"fraction": 0.25}},
        "photos": {"size": 32},
        "model": [{"name": n, "encoder": "small", "tune": "head", "normalise": f} for n, f in
                  (("a", "batch"), ("b", "layer"))],
        "train": {"epochs": 1, "batch_size": 32},
        "compute": {"store": str(folder / "store"), "workers": 0},
        "evaluate": {"draws": 200},
        "submit": {"command": UPLOAD, **submit},
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("submit")
    generate("photos", folder / "data", rows=80)
    return folder


@pytest.fixture(scope="module")
def done(folder: Path) -> Run:
    return evenhand.run(config(folder))


@pytest.fixture
def run(done: Run) -> Record:
    (done.path / "submissions.jsonl").unlink(missing_ok=True)
    return done.record


@pytest.fixture
def sample(run: Record, tmp_path: Path) -> Path:
    table = run.predictions()
    ids = table.loc[(table["set"] == "test") & (table["model"] == "a"), "id"].iloc[::-1]
    path = tmp_path / "sample.csv"
    pd.DataFrame({"id": ids, "label": "0"}).to_csv(path, index=False)
    return path


def test_locked_rows_are_written_like_the_sample(run: Record, sample: Path, tmp_path: Path) -> None:
    made = evenhand.predict_like(run, sample, tmp_path / "out.csv", model="a")
    written, asked = pd.read_csv(made.path, dtype=str), pd.read_csv(sample, dtype=str)
    assert written["id"].tolist() == asked["id"].tolist()
    table = run.predictions()
    own = table[(table["set"] == "test") & (table["model"] == "a")].set_index("id")["predicted"]
    assert written["label"].tolist() == own.loc[asked["id"]].tolist()
    (line,) = read_log(run)
    assert (line["event"], line["model"], line["rows"]) == ("written", "a", len(asked))


def test_new_files_are_predicted_by_their_names(run: Record, folder: Path, tmp_path: Path) -> None:
    files = sorted(p for p in (folder / "data").rglob("*.jpg"))[:6]
    asked = tmp_path / "sample.csv"
    pd.DataFrame({"file": [p.name for p in files], "label": ""}).to_csv(asked, index=False)
    result = CliRunner().invoke(
        app, ["predict", str(run.path), str(folder / "data"), "--like", str(asked), "--to", str(tmp_path / "o.csv")]
    )
    assert result.exit_code == 0, result.output
    assert "were left out" in " ".join(result.stdout.split())
    assert pd.read_csv(tmp_path / "o.csv")["file"].tolist() == [p.name for p in files]


def test_a_consensus_overrides_and_lists_the_rows(run: Record, sample: Path, tmp_path: Path) -> None:
    other = pd.read_csv(sample, dtype=str)
    name = run.data()["classes"][0]
    voters = [tmp_path / "v1.csv", tmp_path / "v2.csv"]
    for voter in voters:
        other.assign(label=name).to_csv(voter, index=False)
    made = evenhand.predict_like(run, sample, tmp_path / "out.csv", model="a", consensus=0.6, votes=[*voters, "b"])
    assert (pd.read_csv(made.path)["label"] == name).all()
    assert (made.overridden["becomes"] == name).all()
    assert read_log(run)[-1]["overridden"] == made.overridden["id"].tolist()
    assert json.dumps(made.document())


def test_the_gate_lets_through_once_and_logs(run: Record, folder: Path, sample: Path, tmp_path: Path) -> None:
    path = evenhand.predict_like(run, sample, tmp_path / "out.csv", model="a").path
    asked = config(folder, metric="accuracy", at_least=0.0)
    assert evenhand.submit(asked, run, path, dry=True).event == "passed"
    sent = evenhand.submit(asked, run, path)
    assert (sent.event, sent.gate.passed) == ("uploaded", True)
    assert f"sent ['{path}', 'a 0." in sent.output
    again = evenhand.submit(asked, run, path)
    assert again.event == "refused"
    assert "1 of at most 1 uploads" in again.gate.message
    assert [line["event"] for line in read_log(run)] == ["written", "uploaded", "refused"]


def test_a_figure_that_is_too_low_runs_nothing(run: Record, folder: Path, sample: Path, tmp_path: Path) -> None:
    path = evenhand.predict_like(run, sample, tmp_path / "out.csv", model="a").path
    refused = evenhand.submit(config(folder, metric="accuracy", at_least=1.1), run, path)
    assert (refused.event, refused.output) == ("refused", "")
    assert "at least 1.1 is required" in refused.gate.message
    loss = evenhand.submit(config(folder, metric="log_loss", at_least=0.0001), run, path)
    assert "at most 0.0001" in loss.gate.message
    assert loss.event == "refused"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["no-such-program-here", "{file}"], 'Program "no-such-program-here" not found'),
        ([sys.executable, "-c", "raise SystemExit(3)"], ""),
    ],
)
def test_a_command_that_fails_is_no_upload(
    run: Record, folder: Path, sample: Path, tmp_path: Path, command: list[str], words: str
) -> None:
    path = evenhand.predict_like(run, sample, tmp_path / "out.csv", model="a").path
    failed = evenhand.submit(config(folder, command=command, timeout_s=60), run, path)
    assert failed.event == "failed"
    assert words in failed.output


def test_an_upload_that_was_stopped_may_have_arrived_and_counts(
    run: Record, folder: Path, sample: Path, tmp_path: Path
) -> None:
    path = evenhand.predict_like(run, sample, tmp_path / "out.csv", model="a").path
    slow = config(folder, command=[sys.executable, "-c", "import time; time.sleep(60)"], timeout_s=0.5)
    stopped = evenhand.submit(slow, run, path)
    assert stopped.event == "stopped"
    assert "stopped after 0.5 s" in stopped.output
    again = evenhand.submit(config(folder), run, path)
    assert again.event == "refused"
    assert "1 of them stopped by submit.timeout_s, which may have arrived" in again.gate.message


def test_the_figure_of_the_best_of_several_is_corrected_for_the_choice(
    run: Record, folder: Path, sample: Path, tmp_path: Path
) -> None:
    best = run.json("nested_evaluation.json")["best"]
    path = evenhand.predict_like(run, sample, tmp_path / "out.csv", model=best["name"]).path
    sent = evenhand.submit(config(folder, metric="macro_f1", at_least=0.0), run, path)
    assert sent.gate.figure == pytest.approx(best["corrected"]["estimate"])
    assert f"corrected for its selection as the best of {best['of']}" in sent.gate.message
    assert read_log(run)[-1]["basis"] == sent.gate.basis
    other = evenhand.submit(config(folder, metric="accuracy", at_least=0.0), run, path, dry=True)
    scores = run.json("scores.json")["scores"]
    assert other.gate.figure == scores[best["name"]]["oof"]["accuracy"]["estimate"]
    assert "uncorrected: the model is the best of" in other.gate.basis


def test_rows_that_a_consensus_overrode_are_told_and_noted(
    run: Record, folder: Path, sample: Path, tmp_path: Path
) -> None:
    voters = [tmp_path / "v1.csv", tmp_path / "v2.csv"]
    for voter in voters:
        pd.read_csv(sample, dtype=str).assign(label=run.data()["classes"][0]).to_csv(voter, index=False)
    made = evenhand.predict_like(run, sample, tmp_path / "out.csv", model="a", consensus=0.6, votes=voters)
    changed = len(made.overridden)
    assert changed
    sent = evenhand.submit(config(folder, metric="accuracy", at_least=0.0), run, made.path)
    assert (sent.gate.overridden, read_log(run)[-1]["overridden"]) == (changed, changed)
    words = f"{changed} of {len(made.submission.table)} rows of the file were overridden by a consensus"
    assert words in sent.gate.message
    assert words in read_log(run)[-1]["message"]


def test_a_second_submission_does_not_pass_beside_the_first(
    run: Record, folder: Path, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = evenhand.predict_like(run, sample, tmp_path / "out.csv", model="a").path

    def meanwhile(command: list[str], timeout_s: float) -> tuple[str, int, str]:
        monkeypatch.undo()
        with pytest.raises(RecordError, match="another process is working on this record"):
            evenhand.submit(config(folder), run, path)
        return "uploaded", 0, ""

    monkeypatch.setattr("evenhand.pipeline.submission.submit._run_command", meanwhile)
    assert evenhand.submit(config(folder), run, path).event == "uploaded"
    assert [line["event"] for line in read_log(run)] == ["written", "uploaded"]


def test_a_file_that_was_changed_is_refused(run: Record, folder: Path, sample: Path, tmp_path: Path) -> None:
    path = evenhand.predict_like(run, sample, tmp_path / "out.csv", model="a").path
    path.write_text(path.read_text() + " ")
    with pytest.raises(DataError, match="was changed since"):
        evenhand.submit(config(folder), run, path)
    with pytest.raises(DataError, match="file not found"):
        evenhand.submit(config(folder), run, tmp_path / "none.csv")


def test_without_a_command_nothing_is_uploaded(run: Record, folder: Path, sample: Path, tmp_path: Path) -> None:
    path = evenhand.predict_like(run, sample, tmp_path / "out.csv", model="a").path
    with pytest.raises(ConfigError, match=r"submit\.command"):
        evenhand.submit(config(folder, command=[]), run, path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"consensus": 0.7}, "needs both"),
        ({"votes": ["b"]}, "needs both"),
        ({"consensus": 0.7, "votes": ["bb"]}, 'named "bb"'),
        ({"consensus": 0.7, "votes": ["floor: size and colour"]}, 'no model or submission named "floor: size'),
        ({"model": "floor: size and colour"}, 'no model named "floor: size and colour"'),
        ({"model": "zz"}, 'named "zz"'),
    ],
)
def test_wrong_use_is_told(
    run: Record, sample: Path, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    with pytest.raises(EvenhandError, match=words):
        evenhand.predict_like(run, sample, tmp_path / "out.csv", **{"model": "a", **change})  # type: ignore[arg-type]
    assert not (tmp_path / "out.csv").exists()


def test_the_shell_says_what_it_does(run: Record, folder: Path, sample: Path, tmp_path: Path) -> None:
    import tomlkit

    toml = tmp_path / "evenhand.toml"
    toml.write_text(tomlkit.dumps(config(folder, at_least=2.0)), encoding="utf-8")
    to = tmp_path / "out.csv"
    shell = CliRunner()
    assert shell.invoke(app, ["predict", str(run.path), "--like", str(sample), "--to", str(to)]).exit_code == 0
    refused = shell.invoke(app, ["submit", str(toml), str(run.path), str(to)])
    assert refused.exit_code == 1
    assert refused.stdout.startswith("Not uploaded. macro_f1 of ")
    alone = shell.invoke(app, ["predict", str(run.path)])
    assert alone.exit_code == 2
    assert "Give the data to classify" in alone.stderr


def test_a_photo_that_cannot_be_decoded_gets_the_shares_of_the_classes(
    run: Record, folder: Path, tmp_path: Path
) -> None:
    """A submission needs every row; what a file does not show, the classes of the run do."""
    files = sorted((folder / "data").rglob("*.jpg"))[:3] or sorted((folder / "data").rglob("*.png"))[:3]
    (tmp_path / "new").mkdir()
    for at, file in enumerate(files):
        (tmp_path / "new" / f"x{at}{file.suffix}").write_bytes(file.read_bytes())
    (tmp_path / "new" / "broken.jpg").write_bytes(b"\xff\xd8\xff no photo")
    classes = run.samples().classes
    names = ["broken.jpg", *(f"x{at}{file.suffix}" for at, file in enumerate(files))]
    asked = pd.DataFrame({"file": names, **dict.fromkeys(classes, 0.0)})
    asked.to_csv(tmp_path / "sample.csv", index=False)

    made = evenhand.predict_like(
        run, tmp_path / "sample.csv", tmp_path / "out.csv", source=tmp_path / "new", model="a",
        store=folder / "store",
    )  # fmt: skip

    (guess,) = made.guessed
    assert guess.path == "broken.jpg"
    written = pd.read_csv(made.path)
    counts = run.samples().counts()
    assert written.loc[0, list(classes)].to_numpy(float) == pytest.approx(counts / counts.sum())
    assert len(written) == 4
    assert made.document()["guessed"][0]["path"] == "broken.jpg"


@pytest.mark.parametrize("name", ["--config=evil.json", "-rf", "@secrets.txt"])
def test_a_name_never_becomes_an_option_of_the_upload_command(name: str) -> None:
    with pytest.raises(EvenhandError, match=r"would take for an? .*\. Nothing was uploaded"):
        refuse_options(["kaggle", "-f", "{file}", "{model}"], ["kaggle", "-f", "/a.csv", name])
    refuse_options(["kaggle", "-m", "--message={model}", "{figure}"], ["kaggle", "-m", f"--message={name}", "-0.5"])


def test_a_value_is_not_searched_for_placeholders() -> None:
    words = {"{file}": "/{model}/a.csv", "{model}": "m"}
    assert _filled("{model}:{file}", words) == "m:/{model}/a.csv"


def test_a_record_that_cannot_be_written_to_leaves_no_file(
    run: Record, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(predict_like_module, "add", full)
    with pytest.raises(OSError, match="Read-only"):
        evenhand.predict_like(run, sample, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()

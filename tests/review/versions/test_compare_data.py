import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import DataError
from evenhand.base.storage.record import Record
from evenhand.cli.app import app
from evenhand.review.rows.from_config import from_config

TOML = """
data = { root = ".", table = "labels.csv", min_count = 1, group = "series" }
model = [{ name = "a", encoder = "small" }]
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    lines = ["path,label,series"]
    for place, label in enumerate(["ash", "ash", "birch", "birch", "cedar"]):
        (tmp_path / f"{place}.jpg").write_bytes(b"photo %d" % place)  # never decoded
        lines.append(f"{place}.jpg,{label},s{place}")
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = tmp_path / "photos.toml"
    path.write_text(TOML, encoding="utf-8")
    return path


def corrections(toml: Path) -> Path:
    frame = from_config(toml).frame
    ids = dict(zip(frame["path"], frame["id"], strict=True))
    path = toml.with_name("view.csv")
    lines = ["id,action,from,to", f"{ids['4.jpg']},trash,cedar,", f"{ids['2.jpg']},relabel,birch,ash"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_data_of_a_configuration_with_a_view_and_against_itself(toml: Path) -> None:
    view = corrections(toml)
    found = evenhand.compare_data(toml, view)
    assert (found.before, found.after) == (5, 4)
    assert (len(found.only_before), found.changes) == (1, {("birch", "ash"): 1})
    assert (found.classes_lost, found.groups_lost) == (("cedar",), ("s4",))
    assert str(found).splitlines() == [
        "5 rows before, 4 after: 1 gone, 0 new.",
        "1 row relabelled: birch to ash 1.",
        "Classes lost (1): cedar.",
        "Groups lost (1): s4.",
    ]
    assert evenhand.compare_data(toml, toml).empty
    with pytest.raises(DataError, match="the data that it corrects come first"):
        evenhand.compare_data(view, toml)


def test_two_runs_say_which_rows_changed_their_fold(record: Record, tmp_path: Path) -> None:
    found = evenhand.compare_data(record, record.path)
    assert found.empty
    assert str(found).endswith("The versions are the same.")


def test_in_the_shell(toml: Path, tmp_path: Path) -> None:
    view, ids = corrections(toml), tmp_path / "changed.csv"
    command = ["compare", str(toml), str(view), "--data"]
    done = CliRunner().invoke(app, [*command, "--ids", str(ids)])
    assert done.exit_code == 0, done.output
    assert "1 gone, 0 new" in done.output
    assert [line.partition(",")[2] for line in ids.read_text("utf-8").splitlines()] == [
        "change",
        "removed",
        "relabelled",
    ]
    assert json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)["groups_lost"] == ["s4"]
    refused = CliRunner().invoke(app, [*command, "--metric", "accuracy"])
    assert "--data compares rows, not predictions" in f"{refused.output}{refused.exception}"

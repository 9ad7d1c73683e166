import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evenhand.base.errors import DataError
from evenhand.base.storage.files.atomic import to_json
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding
from evenhand.cli.app import app
from evenhand.cli.review_changes import change
from evenhand.data.roots.content_hash import content_hash
from evenhand.data.roots.root import root_of
from evenhand.data.tables.corrections_file import read_corrections
from evenhand.review.apply.session_changes import SessionChanges
from evenhand.review.apply.steps import ReplaceTable
from evenhand.review.log.event import Event
from evenhand.review.log.live_review import LiveReview
from evenhand.review.server.open_session import open_session
from evenhand.settings.load import load

FILES = {"a/1.jpg": b"1", "a/2.jpg": b"2", "a/3.jpg": b"3", "b/4.jpg": b"4", "b/5.jpg": b"5"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration of a few files, with a session in which some were decided."""
    for name, raw in FILES.items():
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / name).write_bytes(raw)
    path = tmp_path / "c.toml"
    path.write_text(f'output = "{tmp_path / "runs"}"\n[data]\nroot = "d"\n', encoding="utf-8")
    review = LiveReview(tmp_path / "runs" / "review" / "decisions.jsonl")
    review.add(Event.new("relabel", "ann", content_hash(b"1"), ("a",), to=("b",)))
    review.add(Event.new("trash", "ann", content_hash(b"2"), ("a",)))
    review.add(Event.new("keep", "ann", content_hash(b"4"), ("b",)))
    return path


def names(folder: Path) -> list[str]:
    return sorted(str(item.relative_to(folder)) for item in folder.rglob("*") if item.is_file())


def review(*words: object, given: str = "") -> str:
    found = CliRunner().invoke(app, ["review", *map(str, words)], input=given)
    assert found.exit_code == 0, found.output
    return found.output


def test_decisions_are_exported_applied_and_taken_back(config: Path, tmp_path: Path) -> None:
    session = tmp_path / "runs" / "review"
    exported = review(config, "--export")
    assert "1 relabel, 1 trash, 1 keep, 0 unsure" in exported
    assert "versions/strict.csv: 2 rows; left out: 1 trash, 2 undecided." in exported
    corrected = load(config, changes=[f"data.corrections={session / 'corrections.csv'}"])
    assert corrected.data.corrections == str(session / "corrections.csv")
    assert "Nothing was changed." in review(config, "--apply", given="n\n")
    assert names(tmp_path / "d") == sorted(FILES)
    assert "Done, and validated: 4 rows." in review(config, "--apply", given="y\n")
    assert names(tmp_path / "d") == ["a/3.jpg", "b/1.jpg", "b/4.jpg", "b/5.jpg"]
    assert "There is nothing to change." in review(config, "--apply", "--yes")
    assert "undone; all is as it was." in review(config, "--unapply")
    assert names(tmp_path / "d") == sorted(FILES)
    assert "There is nothing to undo." in review(config, "--unapply")


def test_what_a_killed_export_left_is_removed_by_the_next(config: Path, tmp_path: Path) -> None:
    session = tmp_path / "runs" / "review"
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        left = [f".corrections.csv.{child.pid}.0123abcd.part", f"versions/.drop.csv.{child.pid}.0123abcd.part"]
    for name in left:
        (session / name).parent.mkdir(exist_ok=True)
        (session / name).write_text("half", encoding="utf-8")
    review(config, "--export")
    assert not [name for name in names(session) if name.endswith(".part")]


def test_rows_that_findings_of_a_run_name_are_left_out_aggressively(config: Path, tmp_path: Path) -> None:
    loaded = load(config)
    samples, _ = loaded.kind.samples(root_of(loaded.data), loaded.data, loaded.kind_config)
    record = Record.create(
        tmp_path / "runs", asked="", resolved={}, data={"kind": "photos", "classes": ["a", "b"]}, samples=samples
    )
    record.write_findings([Finding("EH109", "warning", "Labels look wrong.", ids=(content_hash(b"5"),))])
    assert "versions/aggressive.csv: 4 rows; left out: 1 trash." in review(config, "--export")
    found = review(config, "--run", record.path, "--export")
    assert "versions/aggressive.csv: 3 rows; left out: 1 EH109, 1 trash." in found


def test_so_are_rows_that_the_latest_check_names(config: Path, tmp_path: Path) -> None:
    found = Finding("EH104", "error", "The same picture is a and b.", ids=(content_hash(b"3"), content_hash(b"4")))
    (tmp_path / "runs" / "findings.jsonl").write_text(to_json(found.document()) + "\n", encoding="utf-8")
    assert "versions/aggressive.csv: 3 rows; left out: 1 EH104, 1 trash." in review(config, "--export")


def test_a_row_that_is_relabelled_again_is_corrected_from_what_the_data_have(config: Path, tmp_path: Path) -> None:
    session = tmp_path / "runs" / "review"
    review(config, "--export")
    with config.open("a", encoding="utf-8") as file:
        file.write('corrections = "runs/review/corrections.csv"\n')
    # under review, the row is of its new class by now
    LiveReview(session / "decisions.jsonl").add(Event.new("relabel", "ann", content_hash(b"1"), ("b",), to=("c",)))
    review(config, "--export")
    line = next(row for row in read_corrections(session / "corrections.csv").rows if row.after is not None)
    assert (line.before, line.after) == (("a",), ("c",))
    # a view takes the place of the corrections, so it says what the data have without them
    LiveReview(session / "decisions.jsonl").add(Event.new("unsure", "ann", content_hash(b"1"), ("c",)))
    review(config, "--export")
    view = {row.id: row for row in read_corrections(session / "versions" / "strict.csv").rows}
    assert (view[content_hash(b"1")].action, view[content_hash(b"1")].before) == ("trash", ("a",))
    LiveReview(session / "decisions.jsonl").add(Event.new("relabel", "ann", content_hash(b"1"), ("c",), to=("a",)))
    review(config, "--export")
    assert all(row.after is None for row in read_corrections(session / "corrections.csv").rows), "back where it was"


def test_what_does_not_go_together_or_is_not_there_is_a_sentence(config: Path, tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["review", str(config), "--apply", "--unapply"])
    assert (found.exit_code, found.stderr) == (2, "--apply and --unapply do not go together.\n")
    found = CliRunner().invoke(app, ["review", str(config), "--yes"])
    assert (found.exit_code, found.stderr) == (2, "--yes goes with --apply.\n")
    found = CliRunner().invoke(app, ["review", str(tmp_path), "--export", "--set", "data.min_count=1"])
    assert (found.exit_code, found.stderr[:37]) == (2, "--run and --set go with a configurati")
    with pytest.raises(DataError, match="there are no decisions of a review. Make some with `evenhand review"):
        SessionChanges.of(config, folder=tmp_path / "other")


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("after", ["--apply", "--unapply", "--export"])
def test_a_change_killed_before_its_table_was_rewritten_is_finished_by_the_next_command(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    lines = [f"{name},{name[0]}" for name in FILES]
    (tmp_path / "d" / "labels.csv").write_text("\n".join(["path,label", *lines]), encoding="utf-8")
    config.write_text(config.read_text(encoding="utf-8") + 'table = "labels.csv"\n', encoding="utf-8")

    def killed(step: ReplaceTable) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(ReplaceTable, "do", killed)
        change(config, "apply", session=None, changes=[], yes=True)
    # the table names files that have moved, so that the data cannot be read
    with pytest.raises(DataError, match=r"a change of the data was interrupted.* --export` finishes or undoes it"):
        open_session(config)
    found = review(config, after, *(["--yes"] if after == "--apply" else []))
    assert "A change that was interrupted has been finished." in found
    moved = ["a/3.jpg", "b/1.jpg", "b/4.jpg", "b/5.jpg", "labels.csv"]
    assert names(tmp_path / "d") == (moved if after != "--unapply" else [*sorted(FILES), "labels.csv"])
    assert open_session(config).session.standing()["counts"]["rows"] == (5 if after == "--unapply" else 4)


def test_damaged_lines_of_the_log_are_named_before_anything_is_changed(config: Path, tmp_path: Path) -> None:
    with (tmp_path / "runs" / "review" / "decisions.jsonl").open("ab") as file:
        file.write(b"\0\n" * 7)
    found = review(config, "--apply", given="n\n")
    assert found.index("line 4 is left out: it is not JSON") < found.index("Change these files?")
    assert "decisions.jsonl: 2 more lines are left out." in found

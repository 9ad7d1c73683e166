"""The journal: an entry per run, and every word of a person where it was."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.errors import EvenhandError
from evenhand.base.storage.record import Record
from evenhand.base.values import Finding
from evenhand.cli.app import app
from evenhand.pipeline.journal import journal as verb
from evenhand.pipeline.journal.blocks import blocks_of
from evenhand.pipeline.journal.entry import entry_of

FIRST, SECOND = "20261122_101500", "20261123_091000_j4711"


def record(
    output: Path, name: str, *, epochs: int = 5, called: str = "", figure: float = 0.8, **more: Any
) -> Record:
    """Write a finished record without training: enough for a journal."""
    resolved = {
        "name": called,
        "data": {"root": ".", "kind": "photos"},
        "folds": {"k": 5},
        "score": {"macro_f1": 1.0},
        "train": {"epochs": epochs},
        "model": [{"name": "net", "encoder": "small", "train": {"epochs": epochs}}],
        **more,
    }
    data = {"kind": "photos", "classes": ["a", "b"], "rows": 40, "fingerprint": name}
    made = Record.create(output, asked="", resolved=resolved, data=data)
    made = Record(made.path.rename(output / name))
    found = {"estimate": figure, "low": figure - 0.1, "high": figure + 0.1, "n": 40, "groups": 40}
    scores = {
        "scores": {"net": {"oof": {"macro_f1": found}, "test": {"macro_f1": found}}},
        "headline": {"best": "net", "metric": "macro_f1", **found},
        "seconds": {"train": 61.0},
    }
    made.write_json("scores.json", scores)
    message = 'class "<b>x|y</b>" is _rare_'
    made.write_findings([Finding("EH107", "warning", message, patch={"data.min_count": 5})])
    return made


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def output(tmp_path: Path) -> Path:
    record(tmp_path / "runs", FIRST)
    record(tmp_path / "runs", SECOND, epochs=9, called="longer | *twice*", tags=["epochs", "a_b"])
    return tmp_path / "runs"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "EXPERIMENTS.md"


def test_an_entry_says_when_where_what_changed_and_what_came_out(output: Path, file: Path) -> None:
    done = evenhand.journal(output, file=file)
    assert done.added == (FIRST, SECOND)
    text = file.read_text(encoding="utf-8")
    second = text[text.index(f"evenhand:entry {SECOND}") : text.index(f"/evenhand:entry {SECOND}")]
    for words in (
        f'## <a id="run-{SECOND}"></a>2026-11-23 09:10 · longer \\| \\*twice\\*',
        "- **Result:** net, macro_f1 0.800 [0.700, 0.900] out of fold; 0.800 [0.700, 0.900] locked test",
        "- **Tags:** epochs, a_b",
        "SLURM job 4711",
        "61 s",
        f"- **Record:** `runs/{SECOND}`",
        "- **Data:** 40 rows of photos, 2 classes, 5 folds",
        f"Against [{FIRST}](#run-{FIRST}):",
        "| train.epochs | 5 | 9 |",
        "| net | locked test | 0.800 [0.700, 0.900] |",
        "Not compared row by row: ",
        '- **EH107** warning: class "\\<b>x\\|y\\</b>" is \\_rare\\_',
        "- `--set data.min_count=5` (EH107)",
        "#### Notes",
    ):
        assert words in second, words
    assert "model.net.train.epochs" not in second  # inherited from [train]
    assert text.index(SECOND) < text.index(f"evenhand:entry {FIRST}")  # newest first


def test_the_index_goes_by_date_and_by_tag(output: Path, file: Path) -> None:
    evenhand.journal(output, file=file)
    text = file.read_text(encoding="utf-8").replace("#### Notes\n", "#### Notes\nTags: collapse, Epochs|x\n", 1)
    file.write_text(text, encoding="utf-8")
    evenhand.journal(output, file=file)
    index = blocks_of(file.read_text(encoding="utf-8"))[0].made
    assert f"| 2026-11-23 09:10 | [longer \\| \\*twice\\*](#run-{SECOND}) |" in index
    assert "epochs, a_b, collapse, Epochs\\|x |" in index
    assert f"- **collapse**: [2026-11-23 09:10, longer \\| \\*twice\\*](#run-{SECOND})" in index
    assert index.index(SECOND) < index.index(FIRST)


def test_nothing_is_written_where_nothing_changed(output: Path, file: Path) -> None:
    evenhand.journal(output, file=file)
    before = file.stat()
    done = evenhand.journal(output, file=file)
    assert (done.added, done.updated, done.unchanged) == ((), (), (FIRST, SECOND))
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert names_in(file.parent) == [file.name, "runs"]  # no lock is left behind


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_persons_words_survive_byte_for_byte(output: Path, file: Path, newline: str, encoding: str) -> None:
    start = f"# Mein Tagebuch{newline}{newline}Vorher — ü \x0c\x85 {newline}ohne Ende"
    file.write_bytes(start.encode(encoding))
    evenhand.journal(output / FIRST, file=file)
    raw = file.read_bytes()
    assert raw.startswith(start.encode(encoding))
    text = raw.decode(encoding)
    assert newline == "\n" or "\n" not in text.replace(newline, "")
    mine = f"{newline}### My own heading{newline}| a | b{newline}  <!-- mine -->{newline}"
    text = text.replace(f"#### Notes{newline}{newline}", f"#### Notes{mine}") + f"After all.{newline}"
    file.write_bytes(text.encode(encoding))
    Record(output / FIRST).write_findings([])
    done = evenhand.journal(output, file=file)
    assert (done.added, done.updated) == ((SECOND,), (FIRST,))
    again = file.read_bytes().decode(encoding)
    assert f"#### Notes{mine}" in again
    assert again.startswith(start.removeprefix("\ufeff"))
    assert again.endswith(f"After all.{newline}")
    assert "The doctor found nothing." in again
    assert newline == "\n" or "\n" not in again.replace(newline, "")


def test_an_entry_that_a_person_changed_is_left_as_it_is(output: Path, file: Path) -> None:
    evenhand.journal(output, file=file)
    text = file.read_text(encoding="utf-8").replace("- **Tags:** epochs", "- **Tags:** few epochs")
    file.write_text(text.replace("## By date", "## Mine"), encoding="utf-8")
    before = file.read_text(encoding="utf-8")
    for name in (FIRST, SECOND):
        Record(output / name).write_findings([])
    done = evenhand.journal(output, file=file)
    assert (done.edited, done.updated) == ((SECOND, "index"), (FIRST,))
    after = file.read_text(encoding="utf-8")
    assert after[: after.index(f"evenhand:entry {FIRST}")] == before[: before.index(f"evenhand:entry {FIRST}")]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"caf\xe9\n", "byte 3 is not UTF-8, and nothing was written. Save the file as UTF-8"),
        (b"<!-- evenhand:index text=1 -->\n", "EXPERIMENTS.md: line 1 begins a part that is never closed (index)"),
        (b"x\n<!-- evenhand:entry a b -->\n", "line 2 holds a marker that is not whole"),
    ],
)
def test_a_file_that_cannot_be_kept_is_not_touched(output: Path, file: Path, raw: bytes, words: str) -> None:
    file.write_bytes(raw)
    with pytest.raises(EvenhandError) as error:
        evenhand.journal(output, file=file)
    assert words in str(error.value)
    assert file.read_bytes() == raw
    assert names_in(file.parent) == [file.name, "runs"]


def test_a_doubled_entry_is_refused(output: Path, file: Path) -> None:
    evenhand.journal(output, file=file)
    twice = file.read_text(encoding="utf-8") * 2
    file.write_text(twice, encoding="utf-8")
    with pytest.raises(EvenhandError, match="begins a part that is there already"):
        evenhand.journal(output, file=file)
    assert file.read_text(encoding="utf-8") == twice


def test_a_link_is_followed_and_permissions_are_kept(output: Path, file: Path) -> None:
    target = file.parent / "docs" / "log.md"
    target.parent.mkdir()
    target.write_text("# Log\n", encoding="utf-8")
    target.chmod(0o640)
    file.symlink_to(target)
    evenhand.journal(output, file=file)
    assert file.is_symlink()
    assert target.stat().st_mode & 0o777 == 0o640
    assert "- **Record:** `../runs/" in target.read_text(encoding="utf-8")
    with pytest.raises(EvenhandError, match="is a folder"):
        evenhand.journal(output, file=file.parent / "docs")


def test_a_file_saved_meanwhile_is_read_again(output: Path, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("one\n", encoding="utf-8")
    written: list[Any] = []

    def slow(*args: Any) -> str:
        if not written:
            file.write_text("one\ntwo\n", encoding="utf-8")
        written.append(args)
        return original(*args)

    original = entry_of
    monkeypatch.setattr(verb, "entry_of", slow)
    evenhand.journal(output / FIRST, file=file)
    assert file.read_text(encoding="utf-8").startswith("one\ntwo\n")
    assert len(written) == 1  # what was made for the first try serves the second


def test_runs_are_compared_before_the_file_is_locked(
    output: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks: list[bool] = []

    def watched(*args: Any) -> str:
        locks.append((file.parent / f".{file.name}.lock").exists())
        return entry_of(*args)

    monkeypatch.setattr(verb, "entry_of", watched)
    evenhand.journal(output, file=file)
    assert locks == [False, False]


def test_a_write_protected_file_is_left_alone(output: Path, file: Path) -> None:
    file.write_text("mine\n", encoding="utf-8")
    file.chmod(0o444)
    with pytest.raises(EvenhandError, match="is write-protected"):
        evenhand.journal(output, file=file)
    assert file.read_text(encoding="utf-8") == "mine\n"
    assert names_in(file.parent) == [file.name, "runs"]


NAMES = [f"202611{day:02}_101500" for day in range(1, 7)]


@pytest.fixture
def halves(tmp_path: Path) -> list[list[str]]:
    """Return the paths of six runs in two lists."""
    for name in NAMES:
        record(tmp_path / "runs", name)
    return [[str(tmp_path / "runs" / name) for name in NAMES[at::2]] for at in (0, 1)]


def assert_no_entry_is_lost(file: Path) -> None:
    found = [block.id for block in blocks_of(file.read_text(encoding="utf-8")) if block.kind == "entry"]
    assert found == NAMES[::-1]
    assert names_in(file.parent) == [file.name, "runs"]


def test_two_threads_at_once_lose_no_entry(halves: list[list[str]], file: Path) -> None:
    def write(half: list[str]) -> None:
        for path in half:
            evenhand.journal(path, file=file)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, halves))
    assert_no_entry_is_lost(file)


@pytest.mark.slow
def test_two_processes_at_once_lose_no_entry(halves: list[list[str]], file: Path) -> None:
    code = "import sys, evenhand\nfor path in sys.argv[2:]: evenhand.journal(path, file=sys.argv[1])"
    started = [subprocess.Popen([sys.executable, "-c", code, str(file), *half]) for half in halves]
    assert [process.wait(timeout=300) for process in started] == [0, 0]
    assert_no_entry_is_lost(file)


def test_damaged_and_unfinished_runs_are_skipped_in_a_folder_and_refused_by_name(output: Path, file: Path) -> None:
    (output / FIRST / "scores.json").write_text("{}", encoding="utf-8")
    (output / SECOND / "scores.json").unlink()
    done = evenhand.journal(output, file=file)
    assert "scores.json: does not match its checksum" in done.skipped[str(output / FIRST)]
    assert "is not finished" in done.skipped[str(output / SECOND)]
    with pytest.raises(EvenhandError, match="is not finished"):
        evenhand.journal(output / SECOND, file=file)
    with pytest.raises(EvenhandError, match="there is no such run, folder of runs or TOML file"):
        evenhand.journal(output / "nothing", file=file)


def test_another_run_of_the_same_name_is_refused(output: Path, file: Path, tmp_path: Path) -> None:
    evenhand.journal(output, file=file)
    before = file.read_bytes()
    other = record(tmp_path / "others", FIRST)
    other.write_json("data.json", {**other.data(), "fingerprint": "another"})
    with pytest.raises(EvenhandError, match="an entry of this name for another run"):
        evenhand.journal(other, file=file)
    with pytest.raises(EvenhandError, match="have one name"):
        evenhand.journal(output, other, file=file)
    assert file.read_bytes() == before


CONFIG = """
name = "five"
output = "{output}"
[data]
root = "."
[[model]]
name = "net"
encoder = "small"
[train]
epochs = 5
[ablation]
[[ablation.change]]
name = "longer"
set = {{ train.epochs = 9 }}
expect = "a little | better"
[[ablation.change]]
name = "wider"
set = {{ "model.net.head_width" = 64 }}
"""


def ablation(base: Record, name: str) -> None:
    figure = {"estimate": 0.1, "low": 0.01, "high": 0.2, "n": 40, "groups": 8}
    row = {"expect": "", "state": "done", "error": "", "figures": {}, "verdicts": [], "conditions": []}
    longer = {
        "verdict": "better",
        "a": "longer",
        "b": "base",
        "metric": "macro_f1",
        "difference": figure,
        "smallest_detectable": 0.05,
        "summary": "longer against base: better.",
    }
    rows = [
        {**row, "name": "base", "set": {}, "record": base.path.name},
        {**row, "name": "longer", "set": {"train.epochs": 9}, "record": name, "verdicts": [longer]},
        {**row, "name": "wider", "set": {"model.net.head_width": 64}, "record": None, "state": "planned"},
    ]
    about = {"name": "five", "model": "net", "metrics": ["macro_f1"], "n": 40, "groups": 8}
    base.write_json("ablation.json", {**about, "rows": rows})


def test_planned_ablations_are_listed_and_later_what_came_out(output: Path, file: Path, tmp_path: Path) -> None:
    path = tmp_path / "five.toml"
    path.write_text(CONFIG.format(output=output), encoding="utf-8")
    assert evenhand.journal(path, file=file).added == ("plan-five",)
    text = file.read_text(encoding="utf-8")
    assert "| longer | train.epochs = 9 | a little \\| better | *not run yet* |" in text
    assert "- **Result:** planned" in text
    ablation(Record(output / FIRST), SECOND)
    done = evenhand.journal(path, output, file=file)
    assert (done.updated, done.added) == (("plan-five",), (FIRST, SECOND))
    text = file.read_text(encoding="utf-8")
    assert text.count("| **better** in macro_f1: 0.1000 [0.0100, 0.2000] |") == 2  # in the plan, and in the base
    assert "- **Result:** 1 of 2 changes not run yet" in text
    assert "- Run the change wider." in text
    assert f"Against [{FIRST}](#run-{FIRST}):" in text
    assert "Paired, within its ablation: longer against base: better." in text
    assert evenhand.journal(path, output, file=file).unchanged == (FIRST, SECOND, "plan-five")


def test_the_shell_says_what_was_done(output: Path, file: Path) -> None:
    arguments = ["journal", str(output), "--file", str(file)]
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, done.stdout) == (0, f"{file}: 2 entries added.\n")
    document = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert document["unchanged"] == [FIRST, SECOND]
    missing = CliRunner().invoke(app, ["journal", str(output / "no"), "--file", str(file)])
    assert missing.exit_code == 2

"""Sessions are opened at once where nothing has changed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.atomic import to_json
from evenhand.base.values import Finding
from evenhand.review.rows import kept_rows, read_rows
from evenhand.review.server.open_session import OUTPUT, open_session
from evenhand.settings.load import Settings


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust files that a test has just written."""
    monkeypatch.setattr(kept_rows, "SETTLED_S", -1e6)


def test_a_session_is_opened_without_reading_the_files_again(
    toml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    shutil.copytree(toml.parent, work)
    first = open_session(work / toml.name, folder=tmp_path / "mine")
    with monkeypatch.context() as patch:
        patch.setattr(read_rows, "read_rows", lambda *a, **k: pytest.fail("the rows were read again"))
        again = open_session(work / toml.name, folder=tmp_path / "mine")
    assert again.session.describe() == first.session.describe()
    assert again.session.rows.labels == first.session.rows.labels
    row = str(first.session.rows.ids[0])
    assert again.session.picture(row, 64) == first.session.picture(row, 64)
    # another configuration: read anew, and refused as any other fault
    with (work / toml.name).open("a") as file:
        file.write("\nnonsense = 1\n")
    with pytest.raises(EvenhandError, match="nonsense"):
        open_session(work / toml.name, folder=tmp_path / "mine")


def test_where_records_are_is_said_once() -> None:
    assert Settings.model_fields["output"].default == OUTPUT


def test_opening_kept_rows_imports_neither_models_nor_what_checks_them(toml: Path, tmp_path: Path) -> None:
    lines = [
        "import sys; from pathlib import Path",
        "from evenhand.review.rows import kept_rows; kept_rows.SETTLED_S = -1e6",
        "from evenhand.review.server.open_session import open_session",
        f"open_session(Path({str(toml)!r}), folder=Path({str(tmp_path)!r})).session.describe()",
        "print(sorted({'torch', 'sklearn', 'scipy.stats', 'evenhand.settings.load'} & set(sys.modules)))",
    ]
    command = [sys.executable, "-c", "\n".join(lines)]
    subprocess.run(command, check=True, capture_output=True)
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_a_configuration_has_the_findings_of_its_latest_check(toml: Path, tmp_path: Path) -> None:
    asked = {"changes": [f"output={tmp_path}"], "folder": tmp_path / "mine"}
    row = str(open_session(toml, **asked).session.rows.ids[1])
    (tmp_path / "findings.jsonl").write_text(
        to_json(Finding("EH103", "note", "A copy.", ids=(row,)).document()), encoding="utf-8"
    )
    session = open_session(toml, **asked).session  # what was kept before the check is not taken
    assert session.card(row)["findings"] == ["EH103: A copy."]

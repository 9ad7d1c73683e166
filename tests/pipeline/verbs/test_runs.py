"""`runs`: one damaged record does not hide the others."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

import evenhand
from evenhand.base.storage.record import Record
from evenhand.cli.app import app


@pytest.fixture
def output(tmp_path: Path) -> Path:
    data = {"kind": "photos", "classes": ["x", "y"], "rows": 7}
    for _ in range(2):
        Record.create(tmp_path, asked="", resolved={"model": []}, data=data)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("data.json", None),
        ("data.json", b"null"),
        ("data.json", b"\xff"),
        ("data.json", b'{"classes": 3, "rows": 1}'),
        ("resolved.toml", b"a ="),
        ("resolved.toml", b""),
        ("scores.json", b"[]"),
        ("scores.json", b"{"),
    ],
)
def test_a_damaged_record_is_listed_as_such_and_hides_no_other(output: Path, name: str, raw: bytes | None) -> None:
    damaged = sorted(output.iterdir())[0]
    if raw is None:
        (damaged / name).unlink()
    else:
        (damaged / name).write_bytes(raw)
    table = evenhand.runs(output)
    assert table["state"].tolist() == ["damaged", "unfinished"]
    assert table["rows"].tolist() == [0, 7]
    assert name.split(".")[0] in table["note"][0]
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["runs", str(output)])
    assert (done.exit_code, "damaged" in done.output, "unfinished" in done.output) == (0, True, True)


def test_runs_on_a_card_show_it_with_its_highest_memory(output: Path) -> None:
    first, _ = sorted(output.iterdir())
    peaks = [{"device_bytes": 7_040_000_000, "host_bytes": 2}, {"device_bytes": 5, "host_bytes": 3}]
    usage = {name: {"device": "NVIDIA H100", "peak_memory": peak} for name, peak in zip("ab", peaks, strict=True)}
    Record.open(first).write_json("scores.json", {"headline": {}, "usage": usage})
    table = evenhand.runs(output)
    assert table["device"].tolist()[0] == "NVIDIA H100"
    assert table[["peak_device_bytes", "peak_host_bytes"]].to_numpy().tolist()[0] == [7_040_000_000, 3]
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["runs", str(output)])
    assert "NVIDIA H100, 7.0 GB" in done.output

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from evenhand.base.errors import EvenhandError
from evenhand.base.storage.files.atomic import (
    json_lines,
    read_frame,
    remove_abandoned_parts,
    remove_partial_files,
    replacing,
    to_json,
    write_frame,
    write_json,
)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(RuntimeError, match="halfway"), replacing(target) as part:
        part.write_text("half")
        raise RuntimeError("halfway")
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_what_processes_left_that_have_ended_is_removed_and_what_living_ones_write_is_not(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        ended = child.pid
    mine, other = tmp_path / f".a.csv.{os.getpid()}.0123abcd.part", tmp_path / f".b.csv.{ended}.0123abcd.part"
    dead, foreign = tmp_path / f".a.csv.{ended}.0123abcd.part", tmp_path / f".a.csv.{ended}.part"
    for path in (mine, other, dead, foreign):
        path.touch()
    remove_abandoned_parts(tmp_path, "a.csv")
    assert sorted(tmp_path.iterdir()) == sorted([mine, other, foreign])
    remove_abandoned_parts(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([mine, foreign])
    remove_abandoned_parts(tmp_path / "none")


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "a"
    folder.mkdir(parents=True)
    code = (
        "import os, sys; from pathlib import Path; from evenhand.base.storage.files.atomic import replacing\n"
        "with replacing(Path(sys.argv[1])) as part:\n    part.write_text('half'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(folder / "epochs.jsonl")], check=False)
    (left,) = folder.iterdir()
    assert left.name.endswith(".part")
    (folder / ".tmpGNaaCm").write_text("half")  # of safetensors, killed while it wrote
    own = [".a.part", ".hidden", ".tmp", ".tmpGNaaCm.txt", "b.12.0123abcd.part"]
    for name in own:
        (folder / name).write_text("mine")
    remove_partial_files(tmp_path)
    assert sorted(p.name for p in folder.iterdir()) == own


def test_folders_are_made_on_the_way(tmp_path: Path) -> None:
    write_json(tmp_path / "a" / "b.json", {"x": 1})
    assert json.loads((tmp_path / "a" / "b.json").read_text()) == {"x": 1}


def test_json_holds_plain_values_only() -> None:
    document = {
        "a": np.float32(0.5),
        "b": np.arange(2),
        "c": math.nan,
        "d": (Path("x"), {1: np.bool_(True)}),
        "я": "日本",
    }
    assert json.loads(to_json(document)) == {"a": 0.5, "b": [0, 1], "c": None, "d": ["x", {"1": True}], "я": "日本"}


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\r", "\x0b", "\x1c", "\n"])
def test_a_line_of_json_ends_at_a_line_feed_only(mark: str) -> None:
    text = "".join(f"{to_json(document)}\n" for document in ({"a": f"x{mark}y"}, {"b": mark}))
    assert [json.loads(line) for line in json_lines(text)] == [{"a": f"x{mark}y"}, {"b": mark}]
    assert json_lines("") == []


def test_a_frame_is_written_by_the_ending_of_its_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "p:x": [0.25, 0.5]})
    write_frame(frame, tmp_path / "a.csv")
    write_frame(frame, tmp_path / "a.PARQUET")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "a.csv"), frame)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "a.PARQUET"), frame)
    with pytest.raises(EvenhandError, match=r"a\.xlsx: tables can be written as \.csv or \.parquet"):
        write_frame(frame, tmp_path / "a.xlsx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.PARQUET", "a.csv"]


@pytest.mark.parametrize("noted", [b"{", b"\xff", b'{"columns": [{}], "index_columns": []}', b"{}"])
def test_a_table_with_damaged_notes_of_pandas_is_a_value_error(tmp_path: Path, noted: bytes) -> None:
    table = pa.table({"a": [1]}).replace_schema_metadata({b"pandas": noted})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(ValueError):  # noqa: PT011  (the words are those of pandas)
        read_frame(tmp_path / "a.parquet")

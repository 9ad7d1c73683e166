"""Files that a record names are read only while they hold what the run read."""

from __future__ import annotations

from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.modalities.recorded_files import check_unchanged, recorded_picture
from evenhand.testing.kinds import generate


@pytest.mark.parametrize("kind", ["photos", "beats", "pairs"])
def test_contents_are_those_of_the_samples_until_a_file_changes(tmp_path: Path, kind: str) -> None:
    made = generate(kind, tmp_path, rows=6)
    frame = made.samples().frame
    assert made.kind.contents(made.root, frame, made.kind_config) == frame["content"].tolist()
    row = frame.iloc[0].to_dict()
    picture = recorded_picture(made.kind, made.kind_config, made.root, row, 32)
    assert picture == made.kind.configured(made.kind_config).picture_of(made.root, row, 32)
    other = next(path for path in map(str, frame["path"]) if path != str(row["path"]))
    (made.root.path / str(row["path"])).write_bytes(made.root.read(other))
    with pytest.raises(DataError, match=r"rows? are not there as the run read them \(first: "):
        recorded_picture(made.kind, made.kind_config, made.root, row, 32)


def test_a_row_without_a_hash_is_not_read(tmp_path: Path) -> None:
    made = generate("photos", tmp_path, rows=6)
    frame = made.samples().frame.drop(columns="content")
    with pytest.raises(DataError, match="does not say what its rows were read from"):
        check_unchanged(made.kind, made.kind_config, made.root, frame)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    made = generate("photos", tmp_path, rows=6)
    frame = made.samples().frame
    (made.root.path / str(frame["path"].iloc[2])).unlink()
    with pytest.raises(
        DataError, match=rf'1 of {len(frame)} rows.*"{frame["path"].iloc[2]}", which cannot be read'
    ):
        check_unchanged(made.kind, made.kind_config, made.root, frame)

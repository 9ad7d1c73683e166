from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evenhand.modalities.photos.example import write_example
from evenhand.modalities.photos.reading.read import facts


@pytest.mark.parametrize("rows", [24, 100])
def test_photos_of_all_makes(tmp_path: Path, rows: int) -> None:
    toml = write_example(np.random.default_rng(0), rows, tmp_path)
    table = pd.read_csv(tmp_path / "labels.csv")
    assert toml == tmp_path / "photos.toml"
    assert len(table) == rows
    assert table["class"].value_counts().min() >= 5
    assert table.groupby("class")["series"].nunique().min() >= 2
    heads = [facts((tmp_path / path).read_bytes()) for path in table["path"]]
    assert {head.format for head in heads} == {"JPEG", "PNG"}
    if rows == 100:
        assert {head.orientation for head in heads} == {1, 6}


def test_classes_can_be_told_apart_by_more_than_their_grounds(tmp_path: Path) -> None:
    write_example(np.random.default_rng(0), 60, tmp_path)
    table = pd.read_csv(tmp_path / "labels.csv")
    middle = {}
    for name, paths in table.groupby("class")["path"]:
        middle[name] = np.mean(
            [np.asarray(Image.open(tmp_path / path))[40:56, 40:56].mean((0, 1)) for path in paths], 0
        )
    red, blue = middle["апельсин"][0], middle["апельсин"][2]
    assert red > blue + 80
    assert abs(middle["六角ボルト"][0] - middle["六角ボルト"][2]) < 40

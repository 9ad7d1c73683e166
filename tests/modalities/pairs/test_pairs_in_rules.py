"""Pairs before the doctor: halves that rows share, and what gives their labels away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import evenhand
from evenhand.pipeline.verbs.check import Check
from evenhand.testing.pictures import picture

ROWS, CLASSES = 120, ("hat", "shoe", "bag")


def checked(
    folder: Path,
    table: pd.DataFrame,
    *,
    data: str = "",
    model: str = "",
    same_picture: tuple[int, int] | None = None,
) -> Check:
    """Write a picture of noise for each row that names one, and check the table."""
    rng = np.random.default_rng(0)
    for path in table["path"]:
        if path:
            (folder / path).write_bytes(picture(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)))
    if same_picture:
        one, other = (folder / table["path"][row] for row in same_picture)
        other.write_bytes(one.read_bytes())
    table.to_csv(folder / "t.csv", index=False)
    toml = folder / "c.toml"
    toml.write_text(
        f'[data]\nkind = "pairs"\nroot = "."\ntable = "t.csv"\ngroup = "series"\n{data}\n'
        f'[pairs]\ntext = "title"\nsize = 16\n[folds]\nk = 2\n{model}'
    )
    return evenhand.check(toml, changes=[f"compute.store={folder / 'store'}"])


def plain(label: np.ndarray) -> pd.DataFrame:
    """Return a table whose titles and pictures say nothing of the label."""
    return pd.DataFrame(
        {
            "path": [f"{row}.png" for row in range(len(label))],
            "title": [f"item {row} of many" for row in range(len(label))],
            "label": [CLASSES[c] for c in label],
            "series": [f"s{row // 3}" for row in range(len(label))],
        }
    )


@pytest.fixture
def label() -> np.ndarray:
    return np.random.default_rng(1).integers(0, len(CLASSES), ROWS)


def test_rows_that_share_a_picture_or_a_text_stay_in_one_fold(tmp_path: Path, label: np.ndarray) -> None:
    table = plain(label)
    table.loc[[0, 60], "title"] = ["Café  NOIR", "Cafe\u0301 noir"]
    table.loc[[60, 100], "label"] = [CLASSES[(label[0] + 1) % 3], CLASSES[label[30]]]
    found = checked(tmp_path, table, same_picture=(30, 100))
    samples, fold = found.samples, found.folds.of(found.samples.ids)
    at = {path: row for row, path in enumerate(samples.frame["path"])}
    assert fold[at["0.png"]] == fold[at["60.png"]]
    assert fold[at["30.png"]] == fold[at["100.png"]]
    (family,) = [one for one in found.examination.of("EH114") if one.about == "contents"]
    assert family.message.startswith(
        "4 rows of 120 are equal to others in their picture or in their text (in 2 fam"
    )
    (two,) = found.examination.of("EH104")
    assert two.severity == "warning"
    assert two.message.startswith("1 set of pairs that are equal in their picture or in their text has different")
    assert not found.examination.of("EH113")


def test_titles_and_missing_halves_give_labels_away(tmp_path: Path, label: np.ndarray) -> None:
    table = plain(label)
    table["title"] = [f"A {CLASSES[c]} № {row}" for row, c in enumerate(label)]
    table.loc[label == 2, "path"] = ""
    looks = '[[model]]\nname = "looks"\nencoder = "pair"\noptions = { text = "none" }\n'
    examination = checked(tmp_path, table, model=looks).examination
    (unread,) = examination.of("EH122")
    assert unread.message.startswith('Model "looks" reads nothing but the picture, and no row of class bag (')
    found = examination.of("EH113")
    about = {one.about: one for one in found}
    assert list(about["single words of the text"].evidence["classes"]) != []
    assert list(about["which of picture and text are there"].evidence["classes"]) == ["bag"]
    assert "can be predicted from single words of the text" in about["single words of the text"].message


def test_of_several_tags_those_that_titles_name_are_found(tmp_path: Path, label: np.ndarray) -> None:
    table = plain(label)
    other = np.random.default_rng(2).integers(0, 2, ROWS)
    table["title"] = [f"A {CLASSES[c]} № {row}" for row, c in enumerate(label)]
    table["label"] = [f"{CLASSES[c]}|{'new' if o else 'used'}" for c, o in zip(label, other, strict=True)]
    (found,) = checked(tmp_path, table, data='task = "multi"').examination.of("EH113")
    assert found.about == "single words of the text"
    assert set(found.evidence["classes"]) == set(CLASSES)
    assert found.message.startswith("3 classes of 5 tested can be predicted from single words of the text (")


def test_nearly_identical_pictures_in_different_folds_are_found(tmp_path: Path, label: np.ndarray) -> None:
    table = plain(label)
    twins = [(3 * row, 60 + 3 * row) for row in range(10)]
    checked(tmp_path, table)
    for one, other in twins:
        with Image.open(tmp_path / f"{one}.png") as file:
            pixels = np.asarray(file).astype(np.int16)
        (tmp_path / f"{other}.png").write_bytes(picture(np.clip(pixels + 5, 0, 255).astype(np.uint8)))
    # a picture that says "no picture yet" connects nothing
    same = np.random.default_rng(3).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    for row in range(31, 60):
        (tmp_path / f"{row}.png").write_bytes(picture(same))
    found = evenhand.check(tmp_path / "c.toml", changes=[f"compute.store={tmp_path / 'store'}"])
    samples, fold = found.samples, found.folds.of(found.samples.ids)
    at = {path: row for row, path in enumerate(samples.frame["path"])}
    apart = [pair for pair in twins if fold[at[f"{pair[0]}.png"]] != fold[at[f"{pair[1]}.png"]]]
    (near,) = found.examination.of("EH105")
    assert near.evidence["pairs"] == len(apart) > 0
    assert near.message.startswith(f"{len(apart)} pairs of identical or nearly identical pictures lie in different")

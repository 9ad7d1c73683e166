"""The example: names in two languages, one class for both, the same bytes for the same seed."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

pytest.importorskip("ezdxf")

from evenhand.testing.drawings import CLASSES, dxf_bytes, new_document, write_drawings


def test_series_are_of_one_office_and_classes_of_two_languages(tmp_path: Path) -> None:
    toml = write_drawings(tmp_path / "a", rows=60)
    table = pd.read_csv(tmp_path / "a" / "labels.csv")
    assert len(table) == 60
    rename = tomllib.loads(toml.read_text(encoding="utf-8"))["data"]["rename"]
    assert set(table["label"]) == set(rename) | set(CLASSES)
    assert len(table[["series", "label"]].drop_duplicates()) == table["series"].nunique()
    raw = [(tmp_path / "a" / path).read_bytes() for path in table["path"]]
    assert len(set(raw)) == 60
    write_drawings(tmp_path / "b", rows=60)
    assert raw == [(tmp_path / "b" / path).read_bytes() for path in table["path"]]


def test_classes_are_written_in_one_order() -> None:
    document = new_document("R2010")
    raw = dxf_bytes(document).decode()
    names = [name for name, _ in document.classes.classes]
    assert names == sorted(names)
    assert len(names) > 10
    places = [raw.index(f"CLASS\n  1\n{name}\n") for name in names]
    assert places == sorted(places)

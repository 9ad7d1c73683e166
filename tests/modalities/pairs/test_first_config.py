"""What `init` proposes for a folder of pictures with a table of texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.data.roots.root import open_root
from evenhand.modalities.pairs.text_columns import text_section
from evenhand.pipeline.verbs.init import init
from evenhand.settings.load import load
from evenhand.testing.pairs import write_pairs
from evenhand.testing.pictures import picture, scene


def test_a_table_of_texts_gives_the_text_the_tags_and_the_group(tmp_path: Path) -> None:
    table = write_pairs(np.random.default_rng(0), 48, tmp_path)
    table.drop(columns="shape").to_csv(tmp_path / "labels.csv", index=False)
    text = init(tmp_path, kind="pairs", beside=tmp_path)
    (tmp_path / "c.toml").write_text(text)
    settings = load(tmp_path / "c.toml")
    assert settings.data.kind == "pairs"
    assert settings.kind_config.text == "title"
    assert (settings.data.label, settings.data.task, settings.data.group) == ("tags", "multi", "series")
    assert (settings.data.path, settings.model[0].encoder) == ("path", "pair_small")
    samples, _ = settings.kind.samples(open_root(Path(settings.data.root)), settings.data, settings.kind_config)
    assert "black, matte" in samples.classes


def test_pairs_are_proposed_only_where_they_are_named(tmp_path: Path) -> None:
    write_pairs(np.random.default_rng(0), 48, tmp_path)
    assert 'kind = "photos"' in init(tmp_path)


@pytest.mark.parametrize(
    ("columns", "section"),
    [
        ({"sku": ["a1"], "Product Name": ["Hat"], "notes": ["worn by many people"]}, 'text = "Product Name"'),
        ({"sku": ["a1"], "beschreibung": ["ein roter Hut"]}, 'text = "beschreibung"'),
        ({"sku": ["a1"], "price": [3.5]}, "text = []"),
        ({"sku": ["a1"], "title": ["Hat"]}, 'text = "title"'),
    ],
)
def test_the_column_of_the_text(columns: dict[str, list[object]], section: str) -> None:
    found = text_section(pd.DataFrame(columns), taken=["sku"])
    assert found.startswith(f"[pairs]\n{section}")


def shop(folder: Path) -> None:
    """Write a table of products with titles that recur, two rows a SKU, and a picture that is gone."""
    (folder / "images").mkdir()
    for row in range(59):
        (folder / "images" / f"{row}.png").write_bytes(picture(scene()))
    colours, things = ("red", "blue", "white"), ("hat", "shoe", "bag", "watch")
    rows = [
        {
            "SKU": f"SKU-{row // 2}",
            "supplier": f"Supplier {row % 5} Ltd.",
            "image_file": f"images/{row}.png",
            "title": f"A {colours[row % 3]} thing, {row // 2 % 25}",
            "tags": f"{things[row % 4]}, {colours[row % 3]}{', new' if row % 7 == 0 else ''}",
        }
        for row in range(60)
    ]
    pd.DataFrame(rows).to_csv(folder / "products.csv", index=False)


def test_the_title_is_the_text_and_no_group_and_pictures_that_are_gone_are_told(tmp_path: Path) -> None:
    """The title was the group, since its values recur, and a column of 17 values was the text."""
    shop(tmp_path)
    text = init(tmp_path, kind="pairs", beside=tmp_path)
    assert 'text = "title"  # or a template of several: supplier' in text
    assert 'group = "SKU"  # 30 values' in text
    assert '# 1 row names a file that is not there (first: line 61, images/59.png): see missing = "drop"' in text
    assert "a row holds several of 8 classes" in text
    assert "k = 5 " in text

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

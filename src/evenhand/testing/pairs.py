"""Generated pairs of a picture and a text: ordinary ones, and tables that break programs.

`write_pairs` writes ordinary ones. `HOSTILE` holds writers of what users bring: folders that lack half of their
files, one picture for everything, titles of every script and of none, a thousand tags, a tag on every row.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.base.storage.files.atomic import write_frame, write_text
from evenhand.modalities.pairs.example.generated import write_pairs
from evenhand.testing.hostile_names import COMBINING, CONTROL, FORMULAS, HTML, LONG, MARKUP, QUOTED, SCRIPTS, VALUES

__all__ = ["HOSTILE", "write_pairs"]

ROWS = 60

_TOML = """[data]
kind = "pairs"
root = "."
table = "labels.csv"
min_count = 1
{data}

[pairs]
text = "title"
size = 16

[folds]
k = 2

[[model]]
name = "tiny"
encoder = "pair_small"
tune = "all"
options = {{ width = 4 }}

[train]
epochs = 1
"""
_TAGS = 'label = "tags"\ntask = "multi"'
_SHAPE = 'label = "shape"'


def _written(table: pd.DataFrame, folder: Path, data: str) -> Path:
    write_frame(table, folder / "labels.csv")
    write_text(folder / "pairs.toml", _TOML.format(data=data))
    return folder / "pairs.toml"


def half_of_the_files(rng: np.random.Generator, folder: Path) -> Path:
    """Write pairs of which every second picture is not there."""
    table = write_pairs(rng, ROWS, folder, without_picture=0, without_text=0)
    for path in table["path"][::2]:
        (folder / path).unlink()
    return _written(table, folder, f'{_SHAPE}\nmissing = "drop"')


def one_picture(rng: np.random.Generator, folder: Path) -> Path:
    """Write pairs that all have the same picture."""
    table = write_pairs(rng, ROWS, folder, without_picture=0)
    return _written(table.assign(path=table["path"][0]), folder, _SHAPE)


def one_title(rng: np.random.Generator, folder: Path) -> Path:
    """Write pairs that are all called alike."""
    return _written(write_pairs(rng, ROWS, folder).assign(title="untitled"), folder, _SHAPE)


def no_pictures(rng: np.random.Generator, folder: Path) -> Path:
    """Write texts alone."""
    return _written(write_pairs(rng, ROWS, folder, without_text=0).assign(path=""), folder, _SHAPE)


def no_texts(rng: np.random.Generator, folder: Path) -> Path:
    """Write pictures alone."""
    return _written(write_pairs(rng, ROWS, folder, without_picture=0).assign(title=""), folder, _SHAPE)


def titles_of_every_script(rng: np.random.Generator, folder: Path) -> Path:
    """Write pairs with titles of all scripts, markup, control characters, quotes and formulas."""
    titles = [*SCRIPTS, *COMBINING, *QUOTED, *MARKUP, *HTML, *FORMULAS, *VALUES, *LONG]
    titles += [text for text in CONTROL if "\0" not in text]
    table = write_pairs(rng, len(titles), folder, without_picture=0)
    return _written(table.assign(title=titles), folder, _SHAPE)


def thousand_tags(rng: np.random.Generator, folder: Path) -> Path:
    """Write pairs with five of a thousand tags each (with spaces and commas), and one that all have."""
    table = write_pairs(rng, 5 * ROWS, folder)
    tags = np.array([f"tag {n}, of {n % 7}" for n in range(1000)], dtype=object)
    cells = ["; ".join(["every row", *rng.choice(tags, 5, replace=False)]) for _ in range(len(table))]
    return _written(table.assign(tags=cells), folder, _TAGS)


def unknown_tags(rng: np.random.Generator, folder: Path) -> Path:
    """Write pairs with tags in three columns, a third of the cells empty."""
    table = write_pairs(rng, ROWS, folder)
    parts = pd.DataFrame([cell.split("|") for cell in table["tags"]], columns=["what", "colour", "pattern"])
    empty = rng.random(parts.shape) < 1 / 3
    empty[:, 0] = False
    table[parts.columns] = parts.mask(empty, "")
    return _written(table, folder, 'task = "multi"\ntag_columns = ["what", "colour", "pattern"]')


HOSTILE: dict[str, Callable[[np.random.Generator, Path], Path]] = {
    write.__name__: write
    for write in (
        half_of_the_files,
        one_picture,
        one_title,
        no_pictures,
        no_texts,
        titles_of_every_script,
        thousand_tags,
        unknown_tags,
    )
}
"""Name -> a function that writes such data into a folder, by one generator, and returns their configuration."""

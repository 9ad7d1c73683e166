"""Rows from elsewhere that hold the picture or the text of rows of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evenhand.base.values import NO_LABEL, Samples
from evenhand.data.roots.content_hash import content_hash
from evenhand.data.roots.folder_root import FolderRoot
from evenhand.modalities.pairs.reading.pair_content import pair_content, same_content
from evenhand.modalities.pairs.reading.texted import texted


def pairs(folder: Path, halves: Sequence[tuple[bytes, str]]) -> Samples:
    """Return rows of (bytes of a picture, text), their files written."""
    paths, files = [], []
    for at, (raw, _) in enumerate(halves):
        paths.append(f"{at}.jpg" if raw else f"t.csv, line {at}")
        files.append(content_hash(raw) if raw else "")
        if raw:
            (folder / paths[-1]).write_bytes(raw)
    contents = [pair_content(file, text) for file, (_, text) in zip(files, halves, strict=True)]
    names = [str(at) for at in range(len(halves))]
    frame = pd.DataFrame({"id": names, "path": paths, "content": contents, "text": [text for _, text in halves]})
    return Samples(frame, classes=(), labels=np.full(len(frame), NO_LABEL), kind="pairs")


def found(folder: Path, run: Sequence[tuple[bytes, str]], asked: Sequence[tuple[bytes, str]]) -> list[list[int]]:
    for name in ("run", "new"):
        (folder / name).mkdir()
    rows = pairs(folder / "new", asked)
    same: list[list[int]] = same_content(pairs(folder / "run", run), FolderRoot(folder / "new"), rows).tolist()
    return same


def test_either_half_makes_a_row_the_same(tmp_path: Path) -> None:
    run = [(b"hat", "a hat"), (b"hat", ""), (b"", "A  Hat"), (b"shoe", "a shoe"), (b"", "--")]
    asked = [(b"hat", ""), (b"hat", "other"), (b"", "a hat"), (b"shoe", "A hat"), (b"", "--"), (b"sock", "a sock")]
    assert found(tmp_path, run, asked) == [
        [0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 2], [3, 0], [3, 2], [3, 3], [4, 4]
    ]  # fmt: skip


@pytest.mark.parametrize("kept", [True, False])
def test_hashes_of_files_that_samples_keep_find_what_hashes_of_rows_do(tmp_path: Path, kept: bool) -> None:
    """Those of rows alone, in records of older versions, take a hash of every file with every text."""
    for name in ("run", "new"):
        (tmp_path / name).mkdir()
    run = [(b"hat", "a hat"), (b"hat", "another"), (b"", "a shoe"), *((b"none yet", f"{at}") for at in range(30))]
    samples = pairs(tmp_path / "run", run)
    if kept:
        samples.frame["eh:file"] = [content_hash(raw) if raw else "" for raw, _ in run]
    rows = pairs(
        tmp_path / "new", [(b"hat", "new"), (b"none yet", "new"), (b"sock", ""), (b"", "new"), (b"hat", "")]
    )
    found = same_content(samples, FolderRoot(tmp_path / "new"), rows).tolist()
    assert found == [[0, 0], [0, 1], [4, 0], [4, 1]]


def test_a_half_that_very_many_rows_have_says_nothing(tmp_path: Path) -> None:
    run = [(b"none yet", f"title {at}") for at in range(30)] + [(b"none yet", ""), (b"shoe", "untitled")]
    run += [(f"picture {at}".encode(), "untitled") for at in range(30)]
    asked = [(b"none yet", ""), (b"none yet", "Title 7"), (b"shoe", "untitled"), (b"", "untitled")]
    assert found(tmp_path, run, asked) == [[0, 30], [1, 7], [2, 31]]


def test_a_typed_text_beside_a_picture_leaves_its_file_known(tmp_path: Path) -> None:
    for name in ("run", "new"):
        (tmp_path / name).mkdir()
    run, asked = pairs(tmp_path / "run", [(b"hat", "a hat")]), pairs(tmp_path / "new", [(b"hat", "old words")])
    rows = texted(asked, "new words", kind="pairs")
    assert same_content(run, FolderRoot(tmp_path / "new"), rows).tolist() == [[0, 0]]

"""Queries: names of rows, files that are one file, and texts that say nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from evenhand.base.errors import EvenhandError
from evenhand.base.values import NO_LABEL, Samples
from evenhand.cli.app import app
from evenhand.pipeline.retrieval.queries import Queries, _row_names, read_queries
from evenhand.pipeline.verbs.init import init
from evenhand.pipeline.verbs.predict import new_rows
from evenhand.settings.load import Settings, load
from evenhand.testing.pictures import picture


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"data": {"kind": "pairs", "root": str(tmp_path), "table": "labels.csv"}})


def queries(settings: Settings, *asked: str | Path, text: str | None = None) -> Queries:
    frame = pd.DataFrame({"id": ["r0"], "path": ["r0.jpg"], "content": ["00"], "text": ["Ring"]}, dtype=object)
    samples = Samples(frame, classes=(), labels=np.full(1, NO_LABEL), kind="pairs")
    return read_queries(asked, [] if text is None else [text], samples, settings)


def test_rows_of_one_file_have_names_of_their_own() -> None:
    alone = pd.DataFrame({"path": ["a.jpg", "b.jpg"], "sample": [1, 2]})
    assert _row_names(alone, ["sample"]) == ("a.jpg", "b.jpg")
    beats = pd.DataFrame({"path": ["p004"] * 3, "sample": [77, 480, 480]})
    assert _row_names(beats, ["sample"]) == ("p004, sample 77", "p004, sample 480", "p004, sample 480, row 2")
    assert len(set(_row_names(beats, []))) == 3


def test_one_file_under_several_paths_is_one_query(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "b.jpg"):
        Path(name).write_bytes(picture(format="JPEG"))
    asked: list[str | Path] = ["a.jpg", "./a.jpg", "b.jpg", tmp_path / "a.jpg", "r0", "r0"]
    found = queries(settings, *asked)
    assert [one.names for one in found.new] == [("a.jpg",), ("b.jpg",)]
    assert found.own.tolist() == [0]


def test_an_empty_query_is_not_the_working_folder(settings: Settings) -> None:
    with pytest.raises(EvenhandError, match="A query is empty"):
        queries(settings, "r0", "")
    with pytest.raises(EvenhandError, match="The path of the data is empty"):
        new_rows("", settings)
    with pytest.raises(EvenhandError, match="The path of the data is empty"):
        init("")
    shown = CliRunner().invoke(app, ["init", "", "--to", f"{settings.data.root}/c.toml"])
    assert "The path of the data is empty" in shown.output


@pytest.mark.parametrize("text", ["", " ", "\0", "\u200b\n"])
def test_a_text_without_a_letter_is_refused(settings: Settings, text: str) -> None:
    with pytest.raises(EvenhandError, match="the text is empty"):
        queries(settings, text=text)


def test_a_text_of_bytes_that_are_not_utf_8_is_refused(settings: Settings) -> None:
    with pytest.raises(EvenhandError, match=r"--text: ring \\udcff is not text: character 6 is a byte") as caught:
        queries(settings, text="ring \udcff")
    str(caught.value).encode()


def test_a_typed_text_loses_what_cells_lose(settings: Settings) -> None:
    (one,) = queries(settings, text="ring\0").new
    assert one.samples.frame["text"].tolist() == ["ring"]

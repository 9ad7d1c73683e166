"""`demo`: of any kind of data, through the kind."""

from pathlib import Path

import pytest

from evenhand.base.errors import EvenhandError
from evenhand.pipeline.verbs.demo import demo_data, demo_folder
from evenhand.settings.load import load


def test_a_kind_without_a_demo_runs_on_its_example(tmp_path: Path) -> None:
    pytest.importorskip("wfdb")
    found = demo_data("beats", tmp_path)
    assert load(found.toml).data.kind == "beats"
    assert "generated" in found.credit.lower()


def test_drawings_have_a_demo_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ezdxf")
    monkeypatch.setattr("evenhand.modalities.drawings.example.demo.ROWS", 40)
    found = demo_data("drawings", tmp_path)
    settings = load(found.toml)
    assert [model.encoder for model in settings.model] == ["edge_sage", "strokes"]
    assert len(list(tmp_path.rglob("*.dxf"))) == 40


def test_every_kind_has_a_folder_of_its_own() -> None:
    assert demo_folder("photos") != demo_folder("drawings")
    assert demo_folder("photos", "here") == Path("here")


def test_a_kind_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(EvenhandError, match="no kind of data named .*photos"):
        demo_folder("photographs")

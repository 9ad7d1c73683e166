"""Device and peak memory of every epoch, with a card that is pretended."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch

from evenhand.training.config import TrainConfig
from evenhand.training.device import device_name
from evenhand.training.loop.loop import fit
from evenhand.training.monitor.peak_memory import highest, peak_memory, reset_host_peak, reset_peak, usage_of

CARD = torch.device("cuda", 1)


def test_the_peak_of_a_card_is_its_own_since_the_epoch_began(monkeypatch: pytest.MonkeyPatch) -> None:
    reset: list[torch.device] = []
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", reset.append)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: {CARD: 7_000_000_000}[device])
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: {CARD: "NVIDIA H100 80GB HBM3"}[device])
    reset_peak(CARD)
    assert reset == [CARD]
    assert peak_memory(CARD)["device_bytes"] == 7_000_000_000
    assert device_name(CARD) == "NVIDIA H100 80GB HBM3"


def test_every_epoch_says_where_it_ran_and_what_it_took(tiny: SimpleNamespace) -> None:
    lines = fit(tiny.spec(TrainConfig(epochs=2, batch_size=8))).lines
    assert [line["device"] for line in lines] == ["cpu", "cpu"]
    for line in lines:
        assert line["peak_memory"]["device_bytes"] is None
        # torch alone takes more than 50 MB; a unit of 1,024 bytes too many or too few would be far off
        assert 50e6 < line["peak_memory"]["host_bytes"] < 200e9
    assert usage_of(lines, "cpu") == {"device": "cpu", "peak_memory": lines[-1]["peak_memory"]}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems cannot reset it")
def test_the_peak_of_the_host_begins_anew_where_a_process_is_kept() -> None:
    ballast = b"x" * (256 << 20)
    before = peak_memory(torch.device("cpu"))["host_bytes"]
    del ballast
    reset_host_peak()
    after = peak_memory(torch.device("cpu"))["host_bytes"]
    assert before is not None
    assert after is not None
    assert after <= before - (200 << 20)


def test_the_highest_of_several_peaks_leaves_out_what_is_not_known() -> None:
    found = [{"device_bytes": None, "host_bytes": 3}, {"device_bytes": 8, "host_bytes": 2}]
    assert highest(found) == {"device_bytes": 8, "host_bytes": 3}
    # lines of a version that did not count it
    assert usage_of([{"epoch": 0}], "cpu")["peak_memory"] == {"device_bytes": None, "host_bytes": None}

"""Encoders over lines in time: no line depends on a later one, on padding, or on how many come at once."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from evenhand.modalities.scanlines import torch_half  # noqa: F401  (registers the encoders)
from evenhand.modalities.scanlines.encoders.scan_conv_gru import ScanConvGru
from evenhand.modalities.scanlines.encoders.shapes import Batch
from evenhand.models.config import SizedModel
from evenhand.models.encoders.registry import build_encoder
from evenhand.models.encoders.stepwise import stepwise
from evenhand.models.network import build_network

LINES, DIRECTIONS, WIDTH = 12, 2, 16
ROW = {"lines": (LINES, DIRECTIONS, WIDTH), "mask": (LINES, DIRECTIONS, WIDTH), "steps": (LINES, DIRECTIONS, 2)}
CAUSAL = ("scan_conv_gru", "scan_causal")


def model(encoder: str, **options: Any) -> SizedModel:
    return SizedModel(
        name="m", encoder=encoder, tune="all", row=ROW, options={"width": 16, "channels": 4, **options}
    )


def scans(lines: int = LINES, seed: int = 0) -> Batch:
    draws = torch.Generator().manual_seed(seed)
    return {
        "lines": torch.randn(3, lines, DIRECTIONS, WIDTH, generator=draws),
        "mask": torch.ones(3, lines, dtype=torch.bool),
        "steps": torch.randn(3, lines, DIRECTIONS, 2, generator=draws),
    }


def upto(batch: Batch, lines: int) -> Batch:
    return {name: part[:, :lines] for name, part in batch.items()}


def padded(batch: Batch, by: int) -> Batch:
    def longer(part: Tensor) -> Tensor:
        return torch.cat([part, part.new_zeros(len(part), by, *part.shape[2:])], dim=1)

    return {name: longer(part) for name, part in batch.items()}


@pytest.mark.parametrize("name", CAUSAL)
def test_features_while_training_are_those_of_each_prefix(name: str) -> None:
    network = build_encoder(model(name, dropout=0), 0).backbone
    batch = scans()
    each = network.train()(batch)
    assert each.shape[:2] == (3, LINES)
    network.eval()
    for lines in (1, 2, 5, LINES):
        assert torch.allclose(network(upto(batch, lines)), each[:, lines - 1], atol=1e-5)


@pytest.mark.parametrize("name", ["scan_conv_gru", "scan_causal", "scan_vit"])
def test_padding_changes_nothing(name: str) -> None:
    network = build_encoder(model(name), 0).backbone.eval()
    batch = scans()
    assert torch.allclose(network(padded(batch, 9)), network(batch), atol=1e-5)


@pytest.mark.parametrize("name", CAUSAL)
def test_padded_lines_while_training_repeat_the_last_one(name: str) -> None:
    network = build_encoder(model(name, dropout=0), 0).backbone.train()
    batch = scans()
    found = network(padded(batch, 4))
    assert torch.allclose(found[:, LINES:], network(batch)[:, -1:].expand(-1, 4, -1), atol=1e-5)


@pytest.mark.parametrize("name", ["scan_conv_gru", "scan_causal", "scan_vit"])
def test_a_scan_without_lines_has_finite_features(name: str) -> None:
    network = build_encoder(model(name), 0).backbone.eval()
    batch = scans()
    empty = {**batch, "lines": torch.zeros_like(batch["lines"]), "mask": torch.zeros_like(batch["mask"])}
    assert torch.isfinite(network(empty)).all()


def test_one_line_at_a_time_gives_what_the_whole_scan_gives() -> None:
    network = build_encoder(model("scan_conv_gru", layers=2), 0).backbone.eval()
    assert isinstance(network, ScanConvGru)
    batch = scans()
    batch["mask"][1, 4] = False  # a line that was not scanned, within the scan
    batch["lines"][1, 4] = 0
    state, last = None, torch.empty(0)
    for line in range(LINES):
        part = {name: values[:, line : line + 1] for name, values in batch.items()}
        features, state = network.advance(part, state)
        last = features[:, -1]
    assert torch.allclose(last, network(batch), atol=1e-5)


def test_order_of_lines_matters_to_every_encoder() -> None:
    for name in ("scan_conv_gru", "scan_causal", "scan_vit"):
        network = build_encoder(model(name), 0).backbone.eval()
        batch = scans()
        turned = {key: part.flip(1) for key, part in batch.items()}
        assert not torch.allclose(network(batch), network(turned), atol=1e-3), name


def test_a_head_after_every_line() -> None:
    network = build_network(model("scan_causal"), 4, 0)
    batch = scans()
    assert network.train()(batch).shape == (3, LINES, 4)
    assert network.eval()(batch).shape == (3, 4)
    last = build_network(model("scan_causal", loss_at="last_line"), 4, 0)
    assert last.train()(batch).shape == (3, 4)


def test_the_recurrent_encoder_alone_reads_step_by_step() -> None:
    """Of constant state: attention needs all lines, a convolution over the scan too."""
    assert stepwise(build_encoder(model("scan_conv_gru"), 0)) is not None
    for name in ("scan_causal", "scan_vit"):
        assert stepwise(build_encoder(model(name), 0)) is None

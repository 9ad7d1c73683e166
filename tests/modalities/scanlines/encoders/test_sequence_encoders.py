"""Encoders over lines in time: no line depends on a later one, on padding, or on how many come at once."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from evenhand.modalities.scanlines import torch_half  # noqa: F401  (registers the encoders)
from evenhand.modalities.scanlines.encoders.scan_conv_gru import ScanConvGru
from evenhand.modalities.scanlines.encoders.shapes import Batch
from evenhand.models.config import SizedModel
from evenhand.models.encoders.registry import build_encoder
from evenhand.models.encoders.stepwise import stepwise
from evenhand.models.network import build_network

LINES, DIRECTIONS, WIDTH = 12, 2, 22
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


@pytest.mark.parametrize("options", [{}, {"layers": 2, "convolutions": 4}, {"loss_at": "last_line"}])
def test_one_line_at_a_time_gives_what_whole_scans_give_to_every_network(options: dict[str, Any]) -> None:
    built = [build_encoder(model("scan_conv_gru", **options), seed).backbone.eval() for seed in range(3)]
    first, *others = networks = [network for network in built if isinstance(network, ScanConvGru)]
    assert len(networks) == 3
    for network in networks:  # scales and shifts of a new network are 1 and 0
        for name, weight in network.named_parameters():
            if "norm" in name:
                nn.init.normal_(weight)
    stepper = first.stepper(others)
    batch = {name: part[:1] for name, part in scans().items()}
    batch["mask"][0, [0, 4]] = False  # lines that were not scanned, before the first and within the scan
    batch["lines"][0, [0, 4]] = 0
    state = None
    with torch.no_grad():
        for line in range(LINES):
            part = {name: values[:, line : line + 1] for name, values in batch.items()}
            features, after = stepper.advance(part, state)
            again, _ = stepper.advance(part, state)
            assert torch.equal(features, again), "a line that is replaced later leaves nothing behind"
            state = after
            if batch["mask"][0, line]:
                whole = torch.cat([network(upto(batch, line + 1)) for network in networks])
                assert torch.allclose(features, whole, atol=1e-5)


def test_lines_are_read_in_16_bits_where_the_run_asks_for_it() -> None:
    network = build_encoder(model("scan_conv_gru"), 0).backbone.eval()
    assert isinstance(network, ScanConvGru)
    batch = {name: part[:1] for name, part in scans(3).items()}
    stepper, state, features = network.stepper([]), None, torch.empty(0)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for line in range(3):
            features, state = stepper.advance({n: part[:, line : line + 1] for n, part in batch.items()}, state)
    with torch.no_grad():
        assert torch.allclose(features.float(), network(batch), atol=0.05)


def test_the_state_of_a_scan_does_not_grow() -> None:
    network = build_encoder(model("scan_conv_gru"), 0).backbone.eval()
    assert isinstance(network, ScanConvGru)
    stepper, state, sizes = network.stepper([]), None, []
    for _ in range(5):
        part = {name: values[:1, :1] for name, values in scans().items()}
        _, state = stepper.advance(part, state)
        parts = [*state.context, state.hidden, state.total, state.largest]
        sizes.append([part.untyped_storage().nbytes() for part in parts])
    assert sizes[0] == sizes[-1]


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

import pytest
import torch
from torch import nn

from evenhand.training.head_device import MOST_OPERATIONS, head_device

CPU, CARD = torch.device("cpu"), torch.device("cuda")
SMALL, LARGE = nn.Linear(512, 20), nn.Linear(2048, 2048)


def test_small_heads_are_trained_beside_a_card_and_large_ones_on_it() -> None:
    parameters = sum(part.numel() for part in SMALL.parameters())
    most = int(MOST_OPERATIONS / (6 * parameters))
    assert head_device("auto", SMALL, most, "auto", CARD) == CPU
    assert head_device("auto", SMALL, most + 1, "auto", CARD) == CARD
    assert head_device("auto", LARGE, 64, "float32", CARD) == CARD


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_a_format_of_16_bits_stays_on_the_card(precision: str) -> None:
    assert head_device("auto", SMALL, 64, precision, CARD) == CARD


def test_other_devices_were_not_measured() -> None:
    assert head_device("auto", SMALL, 64, "auto", torch.device("mps")) == torch.device("mps")


def test_the_choice_is_yours() -> None:
    assert head_device("cpu", LARGE, 64, "bf16", CARD) == CPU
    assert head_device("device", SMALL, 64, "auto", CARD) == CARD

from collections.abc import Callable

import pytest
import timm
import torch
from torch import nn

from evenhand.models.acceleration import inference_fusion
from evenhand.models.acceleration.inference_fusion import Joined, distance, quickened
from evenhand.models.encoders.blocks import stages_of
from evenhand.models.feature_extractor import FeatureExtractor
from evenhand.models.pooling import Pool

Encoder = Callable[[str, torch.Tensor], FeatureExtractor]


@pytest.fixture
def encoder(lived_in: Callable[[nn.Module], nn.Module]) -> Encoder:
    def make(name: str, x: torch.Tensor) -> FeatureExtractor:
        backbone = lived_in(timm.create_model(name, num_classes=0)).eval()
        stages = [stage.module for stage in stages_of(backbone, x[:1])]
        return FeatureExtractor(stages, [(len(stages) - 1, Pool("avg"))]).requires_grad_(False)

    return make


@pytest.mark.parametrize("side", [64, 65, 72, 75])
def test_the_fast_form_gives_the_same_at_any_size(side: int, encoder: Encoder) -> None:
    x = torch.randn(2, 3, side, side + 2)
    slow = encoder("tf_efficientnet_lite0", x)
    fast = quickened(slow, x[:1], torch.float32)
    assert fast is not slow
    assert any(isinstance(part, Joined) for part in fast.modules())
    assert distance(fast(x), slow(x)) < 1e-5
    other = torch.randn(1, 3, 51, 48)  # not the size that it was made on
    assert distance(fast(other), slow(other)) < 1e-5


def test_the_slow_form_is_left_as_it_was(encoder: Encoder) -> None:
    x = torch.randn(1, 3, 64, 64)
    slow = encoder("resnet18", x)
    before = {name: value.clone() for name, value in slow.state_dict().items()}
    quickened(slow, x, torch.float32)
    assert all(torch.equal(value, before[name]) for name, value in slow.state_dict().items())


def test_without_the_call_of_onednn_it_is_only_folded(monkeypatch: pytest.MonkeyPatch, encoder: Encoder) -> None:
    def missing(*_: object) -> None:
        raise AttributeError("no such operator")

    monkeypatch.setattr(inference_fusion, "joined", missing)
    x = torch.randn(1, 3, 64, 64)
    slow = encoder("resnet18", x)
    fast = quickened(slow, x, torch.float32)
    assert not any(isinstance(part, (Joined, nn.BatchNorm2d)) for part in fast.modules())
    assert distance(fast(x), slow(x)) < 1e-5


def test_a_step_that_changes_the_result_is_not_taken(monkeypatch: pytest.MonkeyPatch, encoder: Encoder) -> None:
    def wrong(stages: nn.Module, run: object) -> None:
        for part in stages.parameters():
            part.data.mul_(2)

    monkeypatch.setattr(inference_fusion, "join_activations", wrong)
    x = torch.randn(1, 3, 64, 64)
    slow = encoder("resnet18", x)
    assert distance(quickened(slow, x, torch.float32)(x), slow(x)) < 1e-5


def test_16_bits_are_near_and_pooled_in_32(encoder: Encoder) -> None:
    x = torch.randn(2, 3, 64, 64)
    slow = encoder("resnet18", x)
    short = quickened(slow, x[:1], torch.bfloat16)
    # the joined call of oneDNN has 16 bits on some processors only; on others it stays at 32
    there = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    assert short.dtype == (torch.bfloat16 if there else None)
    assert any(isinstance(part, Joined) for part in short.modules())
    assert short(x).dtype == torch.float32
    assert distance(short(x), slow(x)) < 0.05


def test_transformers_go_through_too(encoder: Encoder) -> None:
    x = torch.randn(1, 3, 160, 160)
    slow = encoder("test_vit", x)
    assert distance(quickened(slow, x, torch.float32)(x), slow(x)) < 1e-5
    assert distance(quickened(slow, x, torch.bfloat16)(x), slow(x)) < 0.1


def test_distance_of_what_is_not_a_number_is_infinite() -> None:
    assert distance(torch.tensor([float("nan")]), torch.ones(1)) == float("inf")

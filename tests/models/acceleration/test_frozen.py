from collections.abc import Callable

import pytest
import torch

from evenhand.models.acceleration import inference_fusion
from evenhand.models.acceleration.frozen import Frozen, multiplies_bf16
from evenhand.models.acceleration.inference_fusion import Joined
from evenhand.models.feature_extractor import FeatureExtractor
from evenhand.models.network import Network

Make = Callable[..., Network]


def test_a_frozen_part_never_trains(network: Make, batch: torch.Tensor) -> None:
    frozen = network(tune="from:blocks.1").frozen
    assert frozen is not None
    before = {name: value.clone() for name, value in frozen.part.state_dict().items()}
    frozen.train()
    out = frozen(batch)
    assert not any(part.training for part in frozen.modules())
    assert not any(p.requires_grad for p in frozen.parameters())
    assert not out.requires_grad
    assert not out.is_inference()  # so that it can go into what is trained
    assert all(torch.equal(value, before[name]) for name, value in frozen.part.state_dict().items())


def test_other_weights_make_another_fast_form(network: Make, batch: torch.Tensor) -> None:
    one, other = network(seed=0), network(seed=1)
    assert one.frozen is not None
    before = one.frozen(batch)
    one.load_state_dict(other.state_dict())
    assert not torch.equal(one.frozen(batch), before)
    assert torch.equal(one(batch), other(batch))


def test_precision_is_what_was_asked_for() -> None:
    cpu = torch.device("cpu")
    assert Frozen(FeatureExtractor([]), "float32").dtype(cpu) == torch.float32
    assert Frozen(FeatureExtractor([]), "bf16").dtype(cpu) == torch.bfloat16
    expected = torch.bfloat16 if multiplies_bf16(cpu) else torch.float32
    assert Frozen(FeatureExtractor([]), "auto").dtype(cpu) == expected


def test_bf16_that_changes_features_too_much_is_computed_in_32_bits(
    network: Make, batch: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen, float32 = (network(frozen_precision=name).frozen for name in ("bf16", "float32"))
    assert frozen is not None
    assert float32 is not None
    monkeypatch.setattr(inference_fusion, "distance", lambda found, truth: 1.0)
    assert torch.equal(frozen(batch), float32(batch))


def test_bf16_is_emulated_where_the_calls_of_onednn_refuse_it(
    network: Make, batch: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen, call, refused = network(frozen_precision="bf16").frozen, Joined._call, 0
    assert frozen is not None
    truth = frozen.part(batch)

    def refusing(self: Joined, x: torch.Tensor, weight: torch.Tensor, padding: list[int]) -> torch.Tensor:
        nonlocal refused
        if x.dtype == torch.bfloat16:
            refused += 1
            raise RuntimeError(
                "mkldnn_convolution: bf16 path needs the cpu support avx512bw, avx512vl and avx512dq"
            )
        return call(self, x, weight, padding)

    monkeypatch.setattr(Joined, "_call", refusing)
    found = frozen(batch)
    assert refused == 1
    assert 0 < inference_fusion.distance(found, truth) < 0.05


def test_an_old_torch_is_asked_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True, raising=False)
    assert multiplies_bf16(torch.device("cpu"))
    assert not multiplies_bf16(torch.device("meta"))

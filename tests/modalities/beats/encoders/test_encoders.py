import pytest
import torch

import evenhand.modalities.beats.torch_half  # noqa: F401  (registers the encoders)
from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.io.network_files import load_network, save_network
from evenhand.models.network import Network, build_network

ROW = {"signal": [2, 45], "rhythm": [7], "near": [5]}
ENCODERS = ("resnet1d", "transformer1d", "neighbours", "rhythm")


def model(encoder: str, **row: list[int]) -> SizedModel:
    return SizedModel(name="m", encoder=encoder, tune="all", head="mlp", head_width=8, row={**ROW, **row})


def batch(network: Network, b: int = 3) -> dict[str, torch.Tensor]:
    return {
        name: torch.ones(b, *part.shape[1:], dtype=torch.bool)
        if part.dtype == torch.bool
        else torch.randn(b, *part.shape[1:])
        for name, part in network.encoder.example.items()
    }


@pytest.mark.parametrize("encoder", ENCODERS)
def test_beats_become_class_scores_and_the_rhythm_counts(encoder: str) -> None:
    network = build_network(model(encoder), 4, 0).eval()
    x = batch(network)
    logits = network(x)
    assert logits.shape == (3, 4)
    assert not torch.allclose(network({**x, "rhythm": x["rhythm"] + 1}), logits)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_equal_seeds_give_equal_weights(encoder: str) -> None:
    one, same, other = (build_network(model(encoder), 4, seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("samples", [20, 33])
def test_windows_may_have_any_length(encoder: str, samples: int) -> None:
    network = build_network(model(encoder, signal=[1, samples]), 2, 0).eval()
    assert network(batch(network)).shape == (3, 2)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_weight_is_trained(encoder: str) -> None:
    network = build_network(model(encoder), 3, 0)
    network(batch(network, 8)).square().sum().backward()
    assert all(p.grad is not None for p in network.parameters() if p.requires_grad)
    grouped = [p for group in network.parameter_groups(1e-3) for p in group["params"]]
    assert {id(p) for p in grouped} == {id(p) for p in network.parameters() if p.requires_grad}


def test_neighbours_that_are_not_known_do_not_count() -> None:
    network = build_network(model("neighbours"), 3, 0).eval()
    x = batch(network)
    x["known"][:, 0] = False
    other = {**x, "around": x["around"].clone()}
    other["around"][:, 0] = 9.0
    assert torch.allclose(network(x), network(other))
    other["around"][:, 1] = 9.0
    assert not torch.allclose(network(x), network(other))


def test_a_network_is_read_back_without_its_rows(tmp_path) -> None:
    network = build_network(model("resnet1d"), 4, 1).eval()
    save_network(tmp_path / "w.safetensors", network, 4, shared=tmp_path)
    again = load_network(tmp_path / "w.safetensors", shared=tmp_path)
    x = batch(network)
    assert torch.equal(network(x), again(x))


def test_rows_that_are_no_beats_are_refused_in_words() -> None:
    bare = ModelConfig(name="m", encoder="resnet1d", tune="all")
    with pytest.raises(ModelError, match="reads heartbeats.*unknown arrays"):
        build_network(bare, 2, 0)
    with pytest.raises(ModelError, match="the rows hold image"):
        build_network(SizedModel(name="m", encoder="resnet1d", row={"image": [8, 8, 3]}), 2, 0)

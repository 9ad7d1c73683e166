from collections.abc import Callable
from typing import Any

import pytest
import torch

from evenhand.base.errors import EvenhandError, ModelError
from evenhand.models.network import HEAD, Network, build_network

Make = Callable[..., Network]


@pytest.mark.parametrize(
    ("tune", "boundary", "stages"), [("head", HEAD, None), ("all", "", 3), ("from:blocks.0", "blocks.0", 2)]
)
def test_the_two_parts_are_the_network(
    tune: str, boundary: str, stages: int | None, network: Make, batch: torch.Tensor
) -> None:
    built = network(tune=tune)
    assert built.boundary == boundary
    assert (None if built.tuned.features is None else len(built.tuned.features.stages)) == stages
    assert (built.frozen is None) == (tune == "all")
    below = batch if built.frozen is None else built.frozen(batch)
    assert torch.equal(built(batch), built.tuned(below))
    assert torch.allclose(built(batch), network(tune="all")(batch), atol=1e-5)


def test_building_is_decided_by_the_seed_and_leaves_chance_alone(model: Any, batch: torch.Tensor) -> None:
    before = torch.random.get_rng_state()
    one, same, other = (build_network(model(tune="all"), 4, seed).eval()(batch) for seed in (3, 3, 4))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_the_boundary_can_be_moved_and_the_weights_stay(network: Make, batch: torch.Tensor) -> None:
    built = network(tune="head")
    before, names = built(batch), list(built.state_dict())
    for tune, trained in (("all", 3), ("from:blocks.1", 1), ("head", 0)):
        built.retune(tune)
        assert torch.allclose(built(batch), before, atol=1e-5)
        assert list(built.state_dict()) == names
        stages = [any(p.requires_grad for p in s.module.parameters()) for s in built.encoder.stages]
        assert stages == [False] * (3 - trained) + [True] * trained
    assert all(p.requires_grad for p in built.head.parameters())


def test_only_the_part_above_the_boundary_gets_gradients(network: Make, batch: torch.Tensor) -> None:
    built = network(tune="from:blocks.1")
    built.train()
    built(batch).sum().backward()
    with_gradient = {name for name, p in built.named_parameters() if p.grad is not None}
    trained = {id(p) for p in built.tuned.parameters()}
    assert with_gradient == {name for name, p in built.named_parameters() if id(p) in trained}


def test_frozen_normalisations_keep_their_statistics_when_the_rest_trains(
    network: Make, batch: torch.Tensor
) -> None:
    built = network(tune="from:blocks.1")
    before = {name: value.clone() for name, value in built.state_dict().items() if "running" in name}
    built.tuned.train()
    built(batch)
    changed = {name for name, value in before.items() if not torch.equal(value, built.state_dict()[name])}
    encoder = {name for name in changed if name.startswith("encoder")}
    assert encoder == {"encoder.backbone.last.1.running_mean", "encoder.backbone.last.1.running_var"}


def test_learning_rates_fall_stage_by_stage(network: Make) -> None:
    groups = network(tune="all", encoder_rate=0.1).parameter_groups(1.0, 0.5)
    rates = {group["name"]: group["lr"] for group in groups if "vectors" not in group["name"]}
    assert rates == {
        "head": 1.0,
        "blocks.1": pytest.approx(0.1),
        "blocks.0": pytest.approx(0.05),
        "stem": pytest.approx(0.025),
    }
    assert all((group.get("weight_decay") == 0.0) == ("vectors" in group["name"]) for group in groups)


@pytest.mark.parametrize("tune", ["all", "head", "from:blocks.0"])
@pytest.mark.parametrize("form", ["full", "light"])
def test_the_groups_hold_each_trained_weight_once(tune: str, form: str, network: Make) -> None:
    built = network(tune=tune, form=form)
    grouped = [id(p) for group in built.parameter_groups(1.0) for p in group["params"]]
    assert sorted(grouped) == sorted(id(p) for p in built.tuned.parameters() if p.requires_grad)


def test_pictures_are_prepared_alike_from_bytes_and_from_floats(network: Make) -> None:
    built = network()
    raw = torch.randint(0, 256, (2, 8, 6, 3), dtype=torch.uint8)
    prepared = built.prepare(raw)
    assert prepared.shape == (2, 3, 8, 6)
    assert torch.allclose(prepared, raw.permute(0, 3, 1, 2) / 127.5 - 1, atol=1e-6)
    assert torch.allclose(built.prepare(raw.permute(0, 3, 1, 2) / 255), prepared, atol=1e-6)
    assert prepared.is_contiguous(memory_format=torch.channels_last)


def test_the_fingerprint_tells_what_decides_the_activations(network: Make) -> None:
    same = network(seed=0, k=9, head="cosine").fingerprint()
    others = [network(seed=1), network(pool="stages"), network(tune="from:blocks.1"), network(form="light")]
    marks = [network().fingerprint(), *(other.fingerprint() for other in others)]
    assert marks[0] == same
    assert len(set(marks)) == 5


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"encoder": "tine"}, 'no encoder named "tine".*Did you mean "tiny"'),
        ({"encoder": "resnet18"}, 'Did you mean "timm:resnet18"'),
        ({"encoder": "tmm:x"}, 'no source of encoders named "tmm".*Did you mean "timm"'),
        ({"tune": "from:block.1"}, 'no block named "block.1".*Did you mean "blocks.1"'),
        ({"tune": "from:blocks.1", "pool": "blocks.0"}, "pool uses blocks.0, which is frozen"),
    ],
)
def test_wrong_names_are_answered_in_words(changes: dict[str, Any], words: str, network: Make) -> None:
    with pytest.raises(EvenhandError, match=words):
        network(**changes)


def test_a_refused_boundary_leaves_the_network_usable(network: Make, batch: torch.Tensor) -> None:
    built = network()
    with pytest.raises(ModelError):
        built.retune("from:nowhere")
    assert built(batch).shape == (5, 4)

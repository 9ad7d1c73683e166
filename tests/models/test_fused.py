import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig
from evenhand.models.network import build_network, features_of

NAMES = ("timm:test_efficientnet", "timm:test_byobnet")


def model(encoder: str, **more: object) -> ModelConfig:
    return ModelConfig(name="a", encoder=encoder, pretrained=False, frozen_precision="float32", **more)


@pytest.mark.parametrize("pool", ["own", "stages"])
def test_features_are_those_of_each_encoder_end_to_end(pool: str) -> None:
    fused = build_network(model(f"fused:{'+'.join(NAMES)}", pool=pool), 3, 0)
    x = torch.rand(2, 3, 64, 64)
    assert fused.frozen is not None
    together = fused.frozen(x)
    parts = [part.eval()(x) for part in fused.encoder.backbone.parts]
    torch.testing.assert_close(together, torch.cat(parts, dim=1), rtol=1e-4, atol=1e-4)
    alone = [
        features_of(build_network(model(n, pool=pool), 3, 0).encoder, model(n, pool=pool)).eval()(x) for n in NAMES
    ]
    assert together.shape[1] == sum(a.shape[1] for a in alone)


def test_it_can_be_tuned_whole() -> None:
    network = build_network(model(f"fused:{'+'.join(NAMES)}", tune="all"), 3, 0)
    network.train()
    network(torch.rand(2, 3, 64, 64)).sum().backward()
    trained = [p for group in network.parameter_groups(1e-3) for p in group["params"]]
    assert all(p.grad is not None for p in trained)
    assert len({id(p) for p in trained}) == len(trained)


@pytest.mark.parametrize(
    ("encoder", "pool", "words"),
    [
        ("fused:timm:test_efficientnet", "own", "name two encoders"),
        (f"fused:{'+'.join(NAMES)}", ["own", "avg"], "one word"),
    ],
)
def test_what_cannot_be_fused_is_told(encoder: str, pool: object, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        build_network(model(encoder, pool=pool), 3, 0)

import torch

from evenhand.modalities.photos.encoders import small
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.registry import ENCODERS
from evenhand.models.network import build_network


def test_the_small_network_learns_without_weights_from_elsewhere() -> None:
    assert ENCODERS.get("small") is small
    with torch.random.fork_rng():
        network = build_network(ModelConfig(name="a", encoder="small", tune="all"), 2, 0)
        chance = torch.Generator().manual_seed(0)
        truth = torch.arange(64) % 2
        x = torch.rand(64, 3, 16, 16, generator=chance) * 0.2 + truth.view(-1, 1, 1, 1) * 0.3
        optimizer = torch.optim.AdamW(network.parameter_groups(1e-3))
        for _ in range(10):
            loss = torch.nn.functional.cross_entropy(network(network.prepare(x)), truth)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        network.eval()
        assert float((network(network.prepare(x)).argmax(1) == truth).float().mean()) > 0.95


def test_its_stages_have_names() -> None:
    network = build_network(ModelConfig(name="a", encoder="small", tune="from:blocks.1"), 3, 0)
    assert network.boundary == "blocks.1"
    assert sum(p.numel() for p in network.encoder.parameters()) == 291_664

"""`scan_picture`: what a network for photos is given of a scan, and that padding makes no difference."""

import pytest
import torch

from evenhand.base.errors import EvenhandError, ModelError
from evenhand.modalities.scanlines import torch_half  # noqa: F401  (registers the encoder)
from evenhand.modalities.scanlines.encoders.scan_picture import ScanAsPicture
from evenhand.models.config import SizedModel
from evenhand.models.network import Network, build_network

TINY = "timm:test_efficientnet"


def network(seed: int = 0, directions: int = 1, **options: object) -> Network:
    row = {"lines": [-1, directions, 40], "mask": [-1, directions, 40], "steps": [-1, directions, 2]}
    model = SizedModel(
        name="m",
        encoder="scan_picture",
        pretrained=False,
        tune="all",
        row=row,
        kind_config={"width": 40, "max_lines": 36},
        options={"network": TINY, **options},
    )
    return build_network(model, 3, seed)


def scans(lengths: tuple[int, ...], padded: int, directions: int = 1) -> dict[str, torch.Tensor]:
    draws = torch.Generator().manual_seed(1)
    mask = torch.arange(padded) < torch.tensor(lengths)[:, None]
    lines = torch.randn(len(lengths), 64, directions, 40, generator=draws)[:, :padded]
    return {"lines": lines * mask[:, :, None, None], "mask": mask}


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_padding_changes_nothing(directions: int, zoom: float) -> None:
    net = network(directions=directions, zoom=zoom).eval()
    batch = scans((36, 17, 24, 1), 40, directions)  # batches are padded to multiples of 8, beyond max_lines
    with torch.no_grad():
        together = net(batch)
        for row, length in enumerate((36, 17, 24, 1)):
            alone = {name: part[row : row + 1, :length] for name, part in batch.items()}
            assert torch.allclose(net(alone), together[row : row + 1], atol=1e-5)


def test_a_picture_holds_the_lines_from_the_top_in_three_channels_within_the_limit() -> None:
    batch = scans((3,), 8)
    batch["lines"][0, 1, 0, 5] = 99.0
    picture = ScanAsPicture(6, (6, 40))(batch)
    assert picture.shape == (1, 3, 6, 40)
    assert torch.equal(picture[0, 0], picture[0, 2])
    assert torch.equal(picture[0, 0, :3], batch["lines"][0, :3, 0].clamp(-4, 4))
    assert picture[0, 0, 1, 5] == 4.0
    assert not picture[0, :, 3:].any()


def test_lines_that_were_dropped_count_as_not_scanned() -> None:
    batch = scans((6,), 8)
    batch["mask"][0, 2] = False
    batch["lines"][0, 2] = 3.0
    assert not ScanAsPicture(8, (8, 40))(batch)[0, :, 2].any()


def test_two_directions_are_channels_of_their_own() -> None:
    batch = scans((6,), 8, directions=2)
    picture = ScanAsPicture(6, (6, 40))(batch)
    assert torch.equal(picture[0, 1], picture[0, 0])
    assert torch.equal(picture[0, 2], batch["lines"][0, :6, 1].clamp(-4, 4))


def test_networks_of_other_seeds_begin_with_other_weights_and_equal_ones_with_equal() -> None:
    first, again, other = (
        torch.cat([p.flatten() for p in network(seed).encoder.parameters()]) for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_batch_trains_all_of_it_the_network_at_its_own_rate() -> None:
    net = network()
    net.train()
    net(scans((36, 17), 40)).square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in net.parameters())
    slow = SizedModel(**{**net.model.plain(), "encoder_rate": 0.1})
    rates = {group["name"]: group["lr"] for group in build_network(slow, 3, 0).parameter_groups(1.0)}
    assert rates["head"] == 1.0
    assert {rate for name, rate in rates.items() if not name.startswith("head")} == {0.1}


def test_the_light_form_gives_the_same_and_holds_norms_and_depthwise_kernels() -> None:
    full, light = network().eval(), network(form="light").eval()
    batch = scans((36, 17), 40)
    with torch.no_grad():
        assert torch.allclose(full(batch), light(batch), atol=1e-4)
    trained = [sum(p.numel() for p in net.parameters() if p.requires_grad) for net in (full, light)]
    assert trained[1] < trained[0]


def test_what_is_not_a_network_for_photos_is_refused_in_words() -> None:
    with pytest.raises(ModelError, match="There is no network in timm"):
        network(network="timm:no_such_net")
    with pytest.raises((EvenhandError, ValueError), match="network"):
        network(network="scan_cnn2d")

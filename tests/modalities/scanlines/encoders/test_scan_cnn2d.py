"""`scan_cnn2d`: sizes, options, and that neither padding nor other rows change what it gives."""

import pytest
import torch

from evenhand.base.errors import EvenhandError, ModelError
from evenhand.modalities.scanlines import torch_half  # noqa: F401  (registers the encoder)
from evenhand.modalities.scanlines.encoders.layers import LineNorm, ScannedBatchNorm, halved
from evenhand.modalities.scanlines.encoders.shapes import Shapes
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.network import Network, build_network


def network(directions: int = 1, width: int = 20, **options: object) -> Network:
    row = {"lines": [-1, directions, width], "mask": [-1, directions, width], "steps": [-1, directions, 2]}
    model = SizedModel(
        name="m", encoder="scan_cnn2d", tune="all", row=row, options={"width": 8, "layers": 2, **options}
    )
    return build_network(model, 3, 0)


def scans(lengths: tuple[int, ...], padded: int, *, directions: int = 1, width: int = 20) -> dict:
    draws = torch.Generator().manual_seed(1)
    mask = torch.arange(padded) < torch.tensor(lengths)[:, None]
    lines = torch.randn(len(lengths), 64, directions, width, generator=draws)[:, :padded]
    return {"lines": lines * mask[:, :, None, None], "mask": mask}


@pytest.mark.parametrize("norm", ["batch", "line"])
@pytest.mark.parametrize("directions", [1, 2])
def test_padding_changes_nothing(norm: str, directions: int) -> None:
    net = network(directions, norm=norm)
    train = scans((30, 17, 24, 9), 32, directions=directions)
    net.train()
    for _ in range(3):  # running statistics that are not those of the beginning
        net(train)
    net.eval()
    with torch.no_grad():
        together = net(train)
        for row, length in enumerate((30, 17, 24, 9)):
            alone = {name: part[row : row + 1, :length] for name, part in train.items()}
            assert torch.allclose(net(alone), together[row : row + 1], atol=1e-5)


def test_statistics_of_batch_norm_are_those_of_scanned_lines() -> None:
    norm, plain = ScannedBatchNorm(3), torch.nn.BatchNorm2d(3)
    x = torch.randn(2, 3, 6, 4) + 5
    mask = torch.ones(2, 6, dtype=torch.bool)
    mask[1, 2:] = False
    found = norm(x * mask[:, None, :, None], mask)
    lines = torch.cat([x[0], x[1, :, :2]], dim=1).unsqueeze(0)
    expected = plain(lines)
    assert torch.allclose(found[0], expected[0, :, :6], atol=1e-5)
    assert torch.allclose(found[1, :, :2], expected[0, :, 6:], atol=1e-5)
    assert torch.allclose(norm.running_mean, plain.running_mean, atol=1e-5)
    assert torch.allclose(norm.running_var, plain.running_var, atol=1e-5)


def test_line_norm_of_a_line_is_layer_norm_of_it_alone() -> None:
    x = torch.randn(2, 3, 6, 4)
    found = LineNorm(3)(x, torch.ones(2, 6, dtype=torch.bool))
    expected = torch.nn.functional.layer_norm(x.transpose(1, 2), (3, 4)).transpose(1, 2)
    assert torch.allclose(found, expected, atol=1e-5)


def test_masks_are_halved_as_maps_are() -> None:
    assert halved(torch.tensor([[True, False, False, False, True]])).tolist() == [[True, False, True]]


@pytest.mark.parametrize("lines", [1, 2, 7])
def test_the_shortest_scans_and_a_scan_without_lines_are_finite(lines: int) -> None:
    net = network(layers=5, width=4).eval()
    with torch.no_grad():
        assert torch.isfinite(net(scans((lines, 0), 8))).all()


def test_a_batch_trains_it() -> None:
    net = network(norm="line", dropout=0.5)
    loss = net(scans((30, 17), 32)).square().sum()
    loss.backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in net.parameters())


def test_rows_of_another_kind_are_refused_in_words() -> None:
    with pytest.raises(ModelError, match=r"reads scans \(lines, mask and steps\), but the rows hold image"):
        Shapes.of(SizedModel(name="m", encoder="scan_cnn2d", row={"image": [8, 8, 3]}))
    with pytest.raises(ModelError, match="unknown arrays"):
        Shapes.of(ModelConfig(name="m", encoder="scan_cnn2d"))


def test_unknown_options_are_refused() -> None:
    with pytest.raises((EvenhandError, ValueError), match="depth"):
        network(depth=3)

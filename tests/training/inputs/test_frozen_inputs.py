"""Rows of several parts pass through a frozen part of a network once, whatever they are batched with."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from evenhand.base.errors import ModelError
from evenhand.data.store.ragged import Ragged
from evenhand.data.store.store import Store
from evenhand.modalities.scanlines import torch_half
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.encoders.blocks import Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.io.activations import ActivationPass, boundary_activations
from evenhand.models.network import Network, build_network, network_on
from evenhand.training.inputs.frozen_inputs import FrozenInputs

WIDTH, LENGTHS = 24, (30, 3, 17, 8, 24, 1, 29)
ENCODERS = {
    "scan_picture": {"network": "timm:test_efficientnet"},
    "scan_conv_gru": {"width": 8, "channels": 2},
    "scan_vit": {"width": 8, "channels": 2, "heads": 2, "feed_forward": 8},
}


def scans(lengths: tuple[int, ...] = LENGTHS) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    lines = [rng.normal(size=(length, 1, WIDTH)).astype(np.float16) for length in lengths]
    return {
        "lines": Ragged.of(lines),
        "mask": Ragged.of([np.ones(one.shape, dtype=bool) for one in lines]),
        "steps": Ragged.of([rng.normal(size=(len(one), 1, 2)).astype(np.float16) for one in lines]),
    }


def network(encoder: str = "scan_picture", tune: str = "head", **changes: Any) -> Network:
    row = {"lines": [-1, 1, WIDTH], "mask": [-1, 1, WIDTH], "steps": [-1, 1, 2]}
    model = SizedModel(
        name="m",
        encoder=encoder,
        pretrained=False,
        tune=tune,
        row=row,
        kind_config={"width": WIDTH, "max_lines": 32},
        options=ENCODERS[encoder],
        **{"frozen_precision": "float32", "view_dtype": "float32", "view_profile": "full", **changes},
    )
    return build_network(model, 3, 0)


def rows(net: Network, arrays: dict[str, Any], left_out: tuple[int, ...] = ()) -> FrozenInputs:
    profile = net.model.view_profile
    inputs = torch_half.inputs(arrays, net, profile=profile, views=1, view_profile=profile, device="cpu")  # type: ignore[arg-type]
    return FrozenInputs(inputs, len(arrays["lines"]), left_out=left_out, code=(), key={})


def keep(net: Network, store: Path, *, arrays: dict[str, Any] | None = None, **how: Any) -> np.ndarray:
    inputs = rows(net, arrays or scans())
    return np.array(boundary_activations(net, inputs, Store(store), ActivationPass(**how), rows="r"))


@pytest.mark.parametrize(
    ("encoder", "tune"),
    [("scan_picture", "head"), ("scan_picture", "from:blocks.4"), ("scan_conv_gru", "head"), ("scan_vit", "head")],
)
def test_what_is_kept_of_a_row_does_not_depend_on_its_batch(tmp_path: Path, encoder: str, tune: str) -> None:
    net = network(encoder, tune, views=2)
    assert net.frozen is not None
    one = keep(net, tmp_path / "a", batch_size=2, threads=2)
    other = keep(net, tmp_path / "b", batch_size=7)
    assert one.shape[:2] == (len(LENGTHS), 2)
    assert np.allclose(one, other, atol=1e-5)
    assert np.abs(one[:, 0] - one[:, 1]).max() > 1e-3
    for row in range(len(LENGTHS)):
        alone = net.frozen(rows(net, scans()).batch(np.array([row]), None))[0].numpy()
        assert np.allclose(one[row, 0], alone, atol=1e-5)


def test_rows_pass_in_the_order_of_their_lengths_and_undecoded_ones_not_at_all() -> None:
    inputs = rows(network("scan_conv_gru"), scans(), left_out=(4,))
    batches = inputs.batches(2)
    assert np.concatenate(batches).tolist() == [5, 1, 3, 2, 6, 0]
    assert sorted(LENGTHS[row] for row in inputs.unlike()) == [min(LENGTHS), max(LENGTHS)]


def test_the_two_parts_are_the_network(tmp_path: Path) -> None:
    """What was kept, through the tuned part, gives what the whole network gives."""
    net, whole = network(tune="from:blocks.4"), network(tune="all")
    kept = keep(net, tmp_path)
    batch = rows(whole, scans()).batch(np.arange(len(LENGTHS)), None)
    with torch.no_grad():
        assert torch.allclose(net.tuned.eval()(torch.from_numpy(kept[:, 0])), whole.eval()(batch), atol=1e-4)


class Lines(nn.Module):
    """(b, l, w) maps that are as long as the batch."""

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return batch["lines"][:, :, 0]


class Both(Lines):
    """The maps and the mask."""

    def forward(self, batch: dict[str, torch.Tensor]) -> Any:
        return {"maps": super().forward(batch), "mask": batch["mask"]}


class Mean(nn.Module):
    def forward(self, x: Any) -> torch.Tensor:
        maps: torch.Tensor = x["maps"] if isinstance(x, dict) else x
        return maps.mean(dim=1)


def blocks(first: nn.Module, tune: str, parts: dict[str, int] | None = None) -> Network:
    backbone = nn.ModuleDict({"first": first, "mean": Mean()})
    example = {"lines": torch.zeros(2, 8, 1, WIDTH), "mask": torch.ones(2, 8, dtype=torch.bool)}
    stages = (Block("first", backbone["first"]), Block("mean", backbone["mean"]))
    encoder = Encoder(backbone, stages, nn.Identity(), example, parts=parts)
    return network_on(encoder, ModelConfig(name="m", encoder="own", tune=tune, frozen_precision="float32"), 3, 0)


def test_activations_as_long_as_their_rows_are_kept_at_the_head_alone(tmp_path: Path) -> None:
    assert keep(blocks(Lines(), "head"), tmp_path).shape == (len(LENGTHS), 1, WIDTH)
    words = r'Model m: rows of several sizes .*\(8 × 24 and 32 × 24\) at tune = "from:mean".*Set tune = "head"'
    with pytest.raises(ModelError, match=words):
        keep(blocks(Lines(), "from:mean"), tmp_path)
    same = scans((16, 16, 16))
    assert keep(blocks(Lines(), "from:mean"), tmp_path, arrays=same).shape == (3, 1, 16, WIDTH)


def test_blocks_that_pass_on_several_tensors_are_frozen_whole_or_not_at_all(tmp_path: Path) -> None:
    assert keep(blocks(Both(), "head"), tmp_path).shape == (len(LENGTHS), 1, WIDTH)
    with pytest.raises(ModelError, match='not one tensor.*Set tune = "head" or tune = "all"'):
        keep(blocks(Both(), "from:mean"), tmp_path)


def test_heads_know_the_parts_of_the_features() -> None:
    made = blocks(Lines(), "head", {"image": 20, "text": 4}).model
    assert isinstance(made, SizedModel)
    assert list(made.parts.items()) == [("image", 20), ("text", 4)]
    assert not hasattr(blocks(Lines(), "head").model, "parts")
    with pytest.raises(ModelError, match='20 of image \\+ 5 of text, but there are 24 features. Set pool = "own"'):
        blocks(Lines(), "head", {"image": 20, "text": 5})

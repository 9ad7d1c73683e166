"""`scan_statistics`: what the head receives are the features of the floor, of the plain scan in every view."""

from typing import Any

import numpy as np
import torch

from evenhand.data.store.ragged import Ragged
from evenhand.modalities.scanlines import torch_half
from evenhand.modalities.scanlines.features.line_statistics import NAMES, OF_LINES, line_statistics
from evenhand.models.config import ModelConfig
from evenhand.models.network import build_network


def test_the_head_receives_the_statistics_of_stored_scans() -> None:
    rng = np.random.default_rng(0)
    lines = [rng.normal(size=(length, 1, 24)).astype(np.float16) for length in (20, 9, 31)]
    arrays: Any = {
        "lines": Ragged.of(lines),
        "mask": Ragged.of([np.ones(one.shape, dtype=bool) for one in lines]),
        "steps": Ragged.of([rng.normal(size=(len(one), 1, 2)).astype(np.float16) for one in lines]),
        "disagreement": np.full((3, 1), 0.5, dtype=np.float32),
    }
    network = build_network(ModelConfig(name="m", encoder="scan_statistics", tune="head", head="mlp"), 3, 0)
    rows = torch.tensor([2, 0])
    for profile in ("none", "full"):
        inputs = torch_half.inputs(arrays, network, profile=profile, views=1, view_profile="gentle", device="cpu")
        assert not inputs.draws
        assert network.frozen is not None
        found = network.frozen(inputs.batch(rows, torch.Generator())).numpy()
        assert np.allclose(found, line_statistics(arrays, rows.numpy())[:, :-1], atol=1e-5)
        assert list(inputs.look(rows)) == ["statistics"]
    assert [name for name in NAMES if name not in OF_LINES] == ["disagreement of directions: mean"]

"""A frozen encoder of drawings: what is kept of a drawing does not depend on those beside it in a batch."""

import numpy as np
import pytest

from evenhand.data.store.store import Store
from evenhand.modalities.drawings import torch_half
from evenhand.models.io.activations import ActivationPass, boundary_activations
from evenhand.models.network import build_network
from evenhand.training.inputs.frozen_inputs import FrozenInputs


@pytest.mark.parametrize("encoder", ["edge_sage", "strokes"])
def test_what_is_kept_of_a_drawing_does_not_depend_on_its_batch(encoded, sized, tmp_path, encoder):
    arrays = encoded(3, 12, 1, 7, 20)
    settings = {"tune": "head", "views": 2, "view_profile": "full", "frozen_precision": "float32"}
    network = build_network(sized(encoder).model_copy(update=settings), 3, 0)
    how = {"profile": "full", "views": 1, "view_profile": "full", "device": "cpu"}
    rows = FrozenInputs(torch_half.inputs(arrays, network, **how), 5, left_out=(), code=(), key={})
    one, other = (
        boundary_activations(network, rows, Store(tmp_path / str(size)), ActivationPass(batch_size=size), rows="r")
        for size in (1, 5)
    )
    assert one.shape[:2] == (5, 2)
    assert np.allclose(one, other, atol=1e-5)
    assert not np.allclose(one[:, 0], one[:, 1], atol=1e-3)

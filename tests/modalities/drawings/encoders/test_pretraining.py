import numpy as np
import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.modalities.drawings import torch_half
from evenhand.modalities.drawings.augment import apply_profile
from evenhand.modalities.drawings.encoders.pretraining import contrastive_loss
from evenhand.modalities.drawings.inputs import DrawingInputs
from evenhand.models.network import build_network
from evenhand.training.inputs.inputs import ViewInputs


def loss_of(network, inputs, rows):
    """Return the loss over fixed views."""
    draws = torch.Generator().manual_seed(9)
    network.eval()
    with torch.no_grad():
        views = [network.encoder.backbone(apply_profile(inputs.look(rows), "full", draws)) for _ in range(2)]
        return float(contrastive_loss(*views))


def test_views_of_a_drawing_become_alike_and_the_same_key_gives_the_same_bits(encoded, sized):
    inputs, rows = DrawingInputs(encoded(*range(3, 27))), torch.arange(24)
    before = loss_of(build_network(sized("edge_sage"), 3, 0), inputs, rows)
    found = []
    for _ in range(2):
        network = build_network(sized("edge_sage", pretrain_epochs=40), 3, 0)
        torch_half.pretrain(network, inputs, rows, torch.Generator().manual_seed(4))
        found.append(network)
    assert loss_of(found[0], inputs, rows) < 0.9 * before
    pairs = zip(found[0].parameters(), found[1].parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_without_the_option_nothing_changes(encoded, sized):
    network, untouched = (build_network(sized("gine"), 3, 0) for _ in range(2))
    torch_half.pretrain(network, DrawingInputs(encoded(4, 5, 6)), torch.arange(3), torch.Generator())
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), untouched.parameters(), strict=True))


def test_a_frozen_encoder_is_not_pretrained(sized):
    network = build_network(sized("gine", pretrain_epochs=2), 3, 0)
    kept = ViewInputs(np.zeros((4, 1, 8), np.float32))
    with pytest.raises(ModelError, match="pretrain_epochs = 2 trains the encoder .* frozen. Set tune"):
        torch_half.pretrain(network, kept, torch.arange(4), torch.Generator())


def test_the_loss_is_small_where_partners_are_equal_and_others_opposite():
    one = torch.eye(4)
    assert contrastive_loss(one, one) < contrastive_loss(one, one.roll(1, dims=0))

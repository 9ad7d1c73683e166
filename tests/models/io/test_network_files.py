from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.models.io.network_files import frozen_arrays, load_network, save_network, tuned_arrays
from evenhand.models.io.tensor_io import read_about, read_arrays, write_arrays
from evenhand.models.network import Network

Make = Callable[..., Network]


@pytest.mark.parametrize("tune", ["head", "all", "from:blocks.1"])
@pytest.mark.parametrize("form", ["full", "light"])
def test_a_network_comes_back_as_it_was(
    tune: str, form: str, network: Make, batch: torch.Tensor, tmp_path: Path
) -> None:
    saved = network(tune=tune, form=form, head="cosine", pool=["own", "max"], seed=5)
    save_network(tmp_path / "fold0" / "w.safetensors", saved, 4, shared=tmp_path)
    loaded = load_network(tmp_path / "fold0" / "w.safetensors", shared=tmp_path)
    assert torch.equal(loaded(batch), saved(batch))
    assert loaded.boundary == saved.boundary
    assert loaded.fingerprint() == saved.fingerprint()
    assert len(list(tmp_path.glob("frozen-*"))) == (tune != "all")


def test_every_tensor_is_in_one_of_the_two(network: Make) -> None:
    for tune in ("head", "all", "from:blocks.0"):
        built = network(tune=tune)
        tuned, frozen = tuned_arrays(built), frozen_arrays(built)
        assert not set(tuned) & set(frozen)
        assert set(tuned) | set(frozen) == set(built.state_dict())
        assert bool(frozen) == (tune != "all")


def test_what_is_frozen_is_written_once(network: Make, tmp_path: Path) -> None:
    for seed, fold in ((0, "a"), (0, "b")):
        save_network(tmp_path / fold / "w.safetensors", network(seed=seed), 4, shared=tmp_path)
    assert len(list(tmp_path.glob("frozen-*"))) == 1


def test_the_boundary_that_training_ended_with_is_kept(network: Make, batch: torch.Tensor, tmp_path: Path) -> None:
    moved = network(tune="head")
    moved.retune("from:blocks.1")
    save_network(tmp_path / "w.safetensors", moved, 4, shared=tmp_path)
    loaded = load_network(tmp_path / "w.safetensors", shared=tmp_path)
    assert loaded.boundary == "blocks.1"
    assert torch.equal(loaded(batch), moved(batch))


def test_files_that_are_no_networks_are_refused_in_words(network: Make, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    write_arrays(path, {"a": torch.zeros(1)}, {})
    with pytest.raises(ModelError, match="is not a network of evenhand"):
        load_network(path, shared=tmp_path)
    save_network(path, network(), 4, shared=tmp_path)
    about, arrays = read_about(path), read_arrays(path)
    write_arrays(path, arrays, {**about, "model": "{"})
    with pytest.raises(ModelError, match="its metadata are damaged"):
        load_network(path, shared=tmp_path)
    write_arrays(path, dict(list(arrays.items())[1:]), about)
    with pytest.raises(ModelError, match="1 tensors are missing"):
        load_network(path, shared=tmp_path)
    for frozen in tmp_path.glob("frozen-*"):
        frozen.unlink()
    with pytest.raises(ModelError, match="no such file of weights"):
        load_network(path, shared=tmp_path)


@pytest.mark.parametrize("k", ["100000000", "0", "-1"])
def test_a_file_does_not_choose_how_much_memory_is_taken(
    network: Make, tmp_path: Path, k: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.safetensors"
    save_network(path, network(), 4, shared=tmp_path)
    filled = torch.Tensor.uniform_
    monkeypatch.setattr(torch.Tensor, "uniform_", lambda it, *a, **kw: small(it) and filled(it, *a, **kw))
    write_arrays(path, read_arrays(path), {**read_about(path), "k": k})
    with pytest.raises(ModelError, match="its metadata are damaged"):
        load_network(path, shared=tmp_path)


def small(tensor: torch.Tensor) -> bool:
    assert tensor.numel() < 1e7
    return True

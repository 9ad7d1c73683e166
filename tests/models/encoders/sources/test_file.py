import json
from pathlib import Path

import pytest
import timm
import torch

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.encoder import Encoder
from evenhand.models.encoders.registry import build_encoder
from evenhand.models.io.tensor_io import write_arrays

NAME = "test_resnet"


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    with torch.random.fork_rng():
        torch.manual_seed(7)
        return dict(timm.create_model(NAME, num_classes=13).state_dict())


def encoder(path: Path, **changes: object) -> Encoder:
    return build_encoder(ModelConfig.model_validate({"name": "a", "encoder": f"file:{path}", **changes}), 0)


def same(found: Encoder, weights: dict[str, torch.Tensor]) -> bool:
    own = found.backbone.state_dict()
    return all(torch.equal(own[name], weights[name]) for name in own)


def test_architecture_by_name_and_any_classifier(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.save({"state_dict": weights}, tmp_path / "w.pth")
    write_arrays(tmp_path / "w.safetensors", weights, {})
    for name in ("w.pth", "w.safetensors"):
        assert same(encoder(tmp_path / name, architecture=NAME), weights)


def test_architecture_and_colours_from_what_lies_beside_it(
    weights: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    write_arrays(tmp_path / "model.safetensors", weights, {})
    about = {"architecture": NAME, "pretrained_cfg": {"mean": [0.1, 0.2, 0.3], "std": [1, 1, 1]}}
    (tmp_path / "config.json").write_text(json.dumps(about))
    found = encoder(tmp_path)
    assert same(found, weights)
    assert found.mean == (0.1, 0.2, 0.3)
    assert found.std == (1.0, 1.0, 1.0)


def test_architecture_from_the_metadata(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    write_arrays(tmp_path / "w.safetensors", weights, {"architecture": NAME})
    assert same(encoder(tmp_path / "w.safetensors"), weights)


def test_nothing_that_names_the_architecture(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    write_arrays(tmp_path / "w.safetensors", weights, {})
    (tmp_path / "config.json").write_text("[broken")
    with pytest.raises(ModelError, match='architecture = "resnet18"'):
        encoder(tmp_path / "w.safetensors")


def test_weights_that_do_not_fit_are_described(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    first, *_ = weights
    wrong = {name: value for name, value in weights.items() if name != first}
    second = next(name for name, value in wrong.items() if value.ndim == 4)
    wrong |= {"stranger": torch.zeros(1), second: torch.zeros(2, 2)}
    write_arrays(tmp_path / "w.safetensors", wrong, {})
    with pytest.raises(ModelError) as found:
        encoder(tmp_path / "w.safetensors", architecture=NAME)
    said = str(found.value)
    assert f"tensors are missing (first: {first})" in said
    assert "1 do not belong to it (first: stranger)" in said
    assert f"1 have another shape (first: {second}, (2, 2) for" in said


def test_missing_files_and_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file of weights"):
        encoder(tmp_path / "none.pth", architecture=NAME)
    with pytest.raises(ModelError, match="holds neither model.safetensors"):
        encoder(tmp_path, architecture=NAME)


def test_an_unknown_architecture_is_answered(weights: dict[str, torch.Tensor], tmp_path: Path) -> None:
    write_arrays(tmp_path / "w.safetensors", weights, {})
    with pytest.raises(ModelError, match='no network in timm named "resnet1"'):
        encoder(tmp_path / "w.safetensors", architecture="resnet1")

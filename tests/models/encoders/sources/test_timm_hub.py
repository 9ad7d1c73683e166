import time
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import timm
import torch
from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

from evenhand.base.errors import ModelError
from evenhand.models.config import ModelConfig
from evenhand.models.encoders.registry import build_encoder
from evenhand.models.encoders.sources import timm_hub
from evenhand.models.encoders.sources.timm_hub import within
from evenhand.models.io.tensor_io import write_arrays

NAME = "timm:test_resnet"


def hub(
    monkeypatch: pytest.MonkeyPatch, held: dict[str, Path], *, cached: bool = False, error: Any = None
) -> list[str]:
    """Put a hub in place of the real one: files by name, in the cache or to be fetched, or nothing but an error."""
    asked: list[str] = []

    def download(repository: str, filename: str, *, local_files_only: bool = False, **_: Any) -> str:
        if local_files_only and (not cached or filename not in held):
            raise LocalEntryNotFoundError("not in the cache")
        asked.append(filename)
        return str(held[filename])

    def metadata(url: str, **_: Any) -> None:
        if error is not None:
            raise error
        if url.rpartition("/")[2] not in held:
            raise EntryNotFoundError("no such file")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.setattr(huggingface_hub, "get_hf_file_metadata", metadata)
    return asked


@pytest.fixture
def weights(tmp_path: Path) -> dict[str, Path]:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        arrays = timm.create_model("test_resnet").state_dict()
    write_arrays(tmp_path / "model.safetensors", arrays, {})
    torch.save(arrays, tmp_path / "pytorch_model.bin")
    return {path.name: path for path in tmp_path.iterdir()}


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_weights_come_from_the_cache_or_the_hub(
    cached: bool, name: str, weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = hub(monkeypatch, {name: weights[name]}, cached=cached)
    found = build_encoder(ModelConfig(name="a", encoder=NAME), 0).backbone.state_dict()
    truth = torch.load(weights["pytorch_model.bin"], weights_only=True)
    assert asked == [name]
    assert all(torch.equal(value, truth[name]) for name, value in found.items())


def test_no_network_is_answered_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    hub(monkeypatch, {}, error=ConnectionError("Name or service not known"))
    with pytest.raises(ModelError) as found:
        build_encoder(ModelConfig(name="a", encoder=NAME), 0)
    for words in ("could not be fetched", "file:PATH", "package:", "pretrained = false", "test_resnet"):
        assert words in str(found.value)


def test_a_hub_without_the_files_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    hub(monkeypatch, {})
    with pytest.raises(ModelError, match="holds no weights for test_resnet"):
        build_encoder(ModelConfig(name="a", encoder=NAME), 0)


def test_weights_of_something_else_are_refused(weights: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    write_arrays(weights["model.safetensors"], {"a": torch.zeros(1)}, {})
    hub(monkeypatch, weights)
    with pytest.raises(ModelError, match="do not fit"):
        build_encoder(ModelConfig(name="a", encoder=NAME), 0)


def test_random_weights_ask_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timm_hub, "weights_of", lambda *_: pytest.fail("the hub was asked"))
    model = ModelConfig(name="a", encoder=NAME, pretrained=False)
    one, same = (build_encoder(model, 0).backbone.state_dict() for _ in range(2))
    assert all(torch.equal(value, same[name]) for name, value in one.items())


def test_a_hanging_call_is_given_up() -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError, match=r"no answer within 0\.05 s"):
        within(lambda: time.sleep(1), seconds=0.05)
    assert time.monotonic() - started < 0.9
    assert within(lambda: 3) == 3
    with pytest.raises(KeyError):
        within(lambda: {}["x"])

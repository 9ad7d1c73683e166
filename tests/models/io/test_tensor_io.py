import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from evenhand.base.errors import ModelError
from evenhand.models.io import tensor_io
from evenhand.models.io.tensor_io import read_about, read_arrays, write_arrays


class Evil:
    """Writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.target,))


@pytest.mark.parametrize("write", ["torch", "pickle"])
def test_a_pickle_with_code_is_refused_and_runs_nothing(write: str, tmp_path: Path) -> None:
    path, mark = tmp_path / "evil.pth", tmp_path / "ran"
    held = {"weight": torch.zeros(2), "x": Evil(mark)}
    if write == "torch":
        torch.save(held, path)
    else:
        path.write_bytes(pickle.dumps(held))
    with pytest.raises(ModelError, match="was not opened: reading it could run code"):
        read_arrays(path)
    assert not mark.exists()


@pytest.mark.parametrize("name", ["state_dict", "model", "model_ema"])
def test_weights_are_found_among_what_training_programs_save(name: str, tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save({name: {"module.a": torch.arange(3)}, "epoch": 4}, path)
    assert torch.equal(read_arrays(path)["a"], torch.arange(3))


def test_written_arrays_come_back_with_words(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    arrays = {
        "a": torch.randn(2, 3).t(),
        "b": torch.randn(1, 3, 4, 4).contiguous(memory_format=torch.channels_last),
    }
    write_arrays(path, {**arrays, "again": arrays["a"]}, {"what": "что"})
    found = read_arrays(path)
    assert all(torch.equal(found[name], value) for name, value in arrays.items())
    assert torch.equal(found["again"], arrays["a"])
    assert read_about(path) == {"what": "что"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.safetensors", b"not at all", "cannot be read as weights"),
        ("a.safetensors", b"", "cannot be read as weights"),
        ("a.pth", b"", "cannot be read as weights|was not opened"),
        ("a.pth", b"PK\x03\x04 cut off", "cannot be read as weights"),
        ("passwd", b"root:x:0:0:root:/root:/bin/sh\n", "cannot be read as weights|was not opened"),
    ],
)
def test_damaged_files_are_said_to_be(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelError, match=words):
        read_arrays(path)


def test_missing_files_and_other_contents_are_said(tmp_path: Path) -> None:
    for read in (read_arrays, read_about):
        with pytest.raises(ModelError, match="no such file of weights"):
            read(tmp_path / "none.safetensors")
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(ModelError, match="holds no tensors by name"):
        read_arrays(tmp_path / "list.pth")
    (tmp_path / "b.safetensors").write_bytes(b"\xff" * 20)
    with pytest.raises(ModelError, match="cannot be read"):
        read_about(tmp_path / "b.safetensors")


def test_weights_that_unpack_to_more_than_their_file_are_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({"a": torch.zeros(100_000)}, tmp_path / "a.pth")
    with zipfile.ZipFile(tmp_path / "a.pth") as whole, zipfile.ZipFile(tmp_path / "b.pth", "w", 8) as packed:
        for name in whole.namelist():
            packed.writestr(name, whole.read(name))
    assert list(read_arrays(tmp_path / "a.pth")) == ["a"]
    monkeypatch.setattr(tensor_io, "MOST_UNPACKED", 100_000)
    assert list(read_arrays(tmp_path / "a.pth")) == ["a"]
    with pytest.raises(ModelError, match=r"take 40.,... bytes unpacked, more than the file holds, and it was not"):
        read_arrays(tmp_path / "b.pth")

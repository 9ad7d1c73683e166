import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from evenhand.base.storage.files.checksums import append_checksum
from evenhand.training.config import TrainConfig
from evenhand.training.inputs.inputs import ViewInputs
from evenhand.training.loop import checkpoint
from evenhand.training.loop.checkpoint import Checkpointer
from evenhand.training.loop.fit_spec import FitSpec, FitStage
from evenhand.training.loop.loop import fit


class Killed(BaseException):
    """Stands for the end of a process."""


def kill_after(epochs: int) -> Any:
    def watch(done: int, total: int) -> None:
        if done == epochs:
            raise Killed

    return watch


def config(**changes: object) -> TrainConfig:
    return TrainConfig.model_validate(
        {"epochs": 5, "batch_size": 8, "learning_rate": 0.03, "early_stop": 0, **changes}
    )


EVERYTHING = {"ema": 0.9, "swa_from": 2, "mixup": 0.3, "sam": 0.02, "clip": 1.0, "schedule": "plateau"}


def staged(tiny: SimpleNamespace, train: TrainConfig) -> FitSpec:
    x, _ = tiny.easy()
    network = tiny.Network()
    with torch.no_grad():
        features = network.eval().body(torch.from_numpy(x[:, 0])).numpy()[:, None]
    stages = (FitStage("head", 2, 0.03, ViewInputs(features)), FitStage("all", 3, 0.01, ViewInputs(x)))
    return tiny.spec(train, network=network, stages=stages)


@pytest.mark.parametrize("changes", [{}, {"optimizer": "sgd"}, EVERYTHING], ids=["plain", "sgd", "everything"])
@pytest.mark.parametrize("stages", [False, True])
def test_a_fit_killed_after_any_epoch_ends_with_the_same_bits(
    tiny: SimpleNamespace, tmp_path: Path, changes: dict[str, object], stages: bool
) -> None:
    train = config(**changes)
    make = (lambda: staged(tiny, train)) if stages else (lambda: tiny.spec(train))
    whole = make()
    expected = fit(whole)
    for epoch in range(1, 6):
        folder = tmp_path / str(epoch)
        with pytest.raises(Killed):
            fit(make(), Checkpointer(folder, every_s=0, share=1e9), kill_after(epoch))
        broken = make()
        found = fit(broken, Checkpointer(folder, every_s=0, share=1e9))
        assert tiny.same_bits(tiny.weights_of(whole.network), tiny.weights_of(broken.network))
        timeless = [
            [{**line, "seconds": 0, "peak_memory": 0} for line in fitted.lines] for fitted in (expected, found)
        ]
        assert timeless[0] == timeless[1]
        assert (found.epoch, found.form, found.averaged) == (expected.epoch, expected.form, expected.averaged)


def test_lines_are_neither_doubled_nor_lost(tiny: SimpleNamespace, tmp_path: Path) -> None:
    for epochs in (2, 4):
        with pytest.raises(Killed):
            fit(tiny.spec(config()), Checkpointer(tmp_path, every_s=0, share=1e9), kill_after(epochs))
        lines = [json.loads(line) for line in (tmp_path / "epochs.jsonl").read_text().splitlines()]
        assert [line["epoch"] for line in lines] == list(range(epochs))


def test_a_state_of_another_fit_is_not_read(tiny: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        fit(tiny.spec(config()), Checkpointer(tmp_path, "one", every_s=0), kill_after(1))
    assert Checkpointer(tmp_path, "one").read() is not None
    said: list[str] = []
    assert Checkpointer(tmp_path, "two", on_damage=said.append).read() is None
    assert "is of other settings, versions, threads or another device. The fit begins anew." in said[0]


@pytest.mark.parametrize("content", [b"", b"not a state", b"PK\x03\x04 half"])
def test_a_damaged_state_is_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.pt").write_bytes(content)
    said: list[str] = []
    assert Checkpointer(tmp_path, on_damage=said.append).read() is None
    assert said == [f"{tmp_path / 'state.pt'} is damaged. The fit begins anew."]


def test_a_flipped_bit_anywhere_in_a_state_is_noticed(tiny: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        fit(tiny.spec(config()), Checkpointer(tmp_path, "one", every_s=0), kill_after(1))
    path = tmp_path / "state.pt"
    whole = path.read_bytes()
    for at in range(0, len(whole), len(whole) // 50):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 8]) + whole[at + 1 :])
        assert Checkpointer(tmp_path, "one").read() is None
    path.write_bytes(whole)
    assert Checkpointer(tmp_path, "one").read() is not None


def test_a_state_that_would_run_code_is_as_none(tmp_path: Path) -> None:
    torch.save({"fingerprint": "", "state": {"path": Path("x")}}, tmp_path / "state.pt")
    append_checksum(tmp_path / "state.pt")
    assert Checkpointer(tmp_path).read() is None


def test_short_epochs_are_not_kept_each(tmp_path: Path) -> None:
    assert not Checkpointer(tmp_path, every_s=1000).due
    assert Checkpointer(tmp_path, every_s=0).due
    assert not Checkpointer(None, every_s=0).due


def test_writing_takes_a_small_share_of_the_time(tmp_path: Path) -> None:
    checkpointer = Checkpointer(tmp_path, every_s=0, share=1e-9)
    assert checkpointer.due
    checkpointer.save({"lines": []})
    assert not checkpointer.due


def test_a_state_that_is_no_longer_needed_goes(tmp_path: Path) -> None:
    checkpointer = Checkpointer(tmp_path)
    checkpointer.save({"lines": []})
    checkpointer.delete()
    checkpointer.delete()
    assert not (tmp_path / "state.pt").exists()
    assert (tmp_path / "epochs.jsonl").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_state_for_which_there_is_no_room_says_so() -> None:
    with pytest.raises(OSError, match="No space left on device"):
        checkpoint._save({"state": torch.zeros(100_000)}, Path("/dev/full"))

"""Disks that fill up and processes that are killed, at every point of a run: the same command then finishes it."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from evenhand.base.storage.record import Record, records
from evenhand.testing.kinds import generate

pytestmark = pytest.mark.slow
MIB = 1 << 20
CONFIG = """output = "{output}"
[data]
root = "{root}"
table = "labels.csv"
label = "class"
group = "series"
[folds]
k = 2
[photos]
size = 32
[[model]]
name = "m"
encoder = "small"
tune = "all"
[train]
epochs = 2
[evaluate]
draws = 200
[compute]
store = "{store}"
workers = 1
threads = 1
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate("photos", tmp_path_factory.mktemp("photos") / "data", rows=60).toml.parent


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 32 MiB in memory."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(disk)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"no disk can be mounted here ({done.stderr.strip()})")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def configured(folder: Path, root: Path, output: Path) -> Path:
    path = folder / "mine.toml"
    path.write_text(CONFIG.format(output=output, root=root, store=folder / "store"), encoding="utf-8")
    return path


def run(config: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evenhand", "run", str(config)], check=False, capture_output=True, text=True
    )


def bits(record: Record) -> dict[str, str]:
    """Return hashes of what was computed: tensors (the file of weights is in no order), and predictions."""
    found = {"predictions": (record.path / "predictions.parquet").read_bytes()}
    for path in record.path.rglob("weights.safetensors"):
        for name, tensor in load_file(path).items():
            found[f"{path.relative_to(record.path)} {name}"] = tensor.tobytes()
    return {name: hashlib.blake2b(raw).hexdigest() for name, raw in found.items()}


@pytest.fixture(scope="module")
def expected(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("expected")
    done = run(configured(folder, root, folder / "runs"))
    assert done.returncode == 0, done.stderr
    (record,) = records(folder / "runs")
    return bits(record)


def fill(disk: Path, left: int) -> Path:
    """Leave so many bytes of a disk."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        while (free := shutil.disk_usage(disk).free) > left:
            try:
                file.write(b"\0" * min(MIB, free - left))
                file.flush()
            except OSError:
                break
    return filler


SIZES = [0, 8 << 10, 32 << 10, 128 << 10, MIB]
if os.environ.get("EVENHAND_TESTS") == "full":
    SIZES = [*range(0, MIB, MIB // 200)]


@pytest.mark.parametrize("left", SIZES)
def test_a_run_goes_on_once_there_is_room(
    small_disk: Path, tmp_path: Path, root: Path, expected: dict[str, str], left: int
) -> None:
    config = configured(tmp_path, root, small_disk / "runs")
    (small_disk / "runs").mkdir()
    filler = fill(small_disk, left)
    first = run(config)
    assert "Traceback" not in first.stderr
    assert "Something went wrong" not in first.stderr
    assert first.returncode == 2, first.stdout[-500:] + first.stderr
    assert "space" in first.stderr or "room" in first.stderr
    filler.unlink()
    second = run(config)
    assert second.returncode == 0, second.stderr
    (record,) = [one for one in records(small_disk / "runs") if one.complete]
    assert bits(record) == expected
    assert len(records(small_disk / "runs")) == 1, "what was begun was resumed, or had left nothing"


def appeared(output: Path, name: str) -> bool:
    """Whether a file of that name exists below a folder whose entries may be renamed meanwhile."""
    return any(name in files for _, _, files in os.walk(output))


@pytest.mark.parametrize("after", ["samples.parquet", "resolved.toml", "folds.csv", "weights.safetensors"])
def test_a_run_that_is_killed_when_a_file_appears_ends_with_the_same_bits(
    tmp_path: Path, root: Path, expected: dict[str, str], after: str
) -> None:
    output = tmp_path / "runs"
    config = configured(tmp_path, root, output)
    process = subprocess.Popen(
        [sys.executable, "-m", "evenhand", "run", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < until and not appeared(output, after):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = run(config)
    assert done.returncode == 0, done.stderr
    (record,) = records(output)
    assert record.complete
    assert bits(record) == expected
    assert [path.name for path in output.iterdir()] == [record.path.name]

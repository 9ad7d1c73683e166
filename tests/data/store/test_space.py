"""Room: the limit, the least recently used, a full disk, a folder that cannot be written."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import evenhand
from evenhand.base.errors import StoreError
from evenhand.data.store import row_writer, space
from evenhand.data.store.space import make_room
from evenhand.data.store.store import Store

MB = 1_000_000


def put(store: Store, name: str, count: int = MB) -> None:
    """Store (and forget) an entry of about `count` bytes."""
    store.rows({"name": name}, ["a", "b"], lambda row: {"x": np.full(count // 2, row, np.uint8)})


def names(store: Store) -> list[str]:
    return sorted(key["name"] for key in store.usage()["key"])


def used_at(store: Store, name: str, seconds: float) -> None:
    usage = store.usage()
    (entry,) = [row["name"] for _, row in usage.iterrows() if row["key"]["name"] == name]
    os.utime(store.folder / "entries" / entry / "entry.json", (seconds, seconds))


def test_the_entry_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    store = Store(tmp_path, limit_bytes=int(3.5 * MB))
    for age, name in enumerate("abc"):
        put(store, name)
        used_at(store, name, 1000 + age)
    put(store, "a")  # opened: now the last used
    put(store, "d")
    assert names(store) == ["a", "c", "d"]


def test_an_entry_in_use_stays_even_over_the_limit(tmp_path: Path) -> None:
    store = Store(tmp_path, limit_bytes=int(1.5 * MB))
    entry = store.rows({"name": "held"}, ["a"], lambda row: {"x": np.ones(MB, np.uint8)})
    put(store, "b")
    assert names(store) == ["b", "held"]
    assert entry["x"].all()
    del entry
    put(store, "c")
    assert names(store) == ["c"]


def test_an_entry_larger_than_the_limit_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(
        StoreError, match=r"needs 2.0 MB, more than the limit of the whole store \(1.0 MB\).*store_limit_gb"
    ):
        put(Store(tmp_path, limit_bytes=MB), "big", 2 * MB)
    with pytest.raises(StoreError, match="store_limit_gb"):
        Store(tmp_path, limit_bytes=MB).array({}, (1000, 1000), np.float32, lambda out: None)
    assert not list((tmp_path / "entries").iterdir())


def test_clear_by_age(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "old")
    used_at(store, "old", 1000)
    put(store, "new")
    assert store.clear(unused_days=30).entries == 1
    assert names(store) == ["new"]
    assert store.clear().entries == 1
    assert store.usage().empty


def test_an_empty_store_can_be_looked_at(tmp_path: Path) -> None:
    store = Store(tmp_path / "none")
    assert store.usage().empty
    assert store.clear().entries == 0
    assert not (tmp_path / "none").exists()


def test_too_little_free_space_is_told_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(MB, MB, 1000))
    with pytest.raises(StoreError, match=r"needs 1.0 MB, but 1.0 kB are free. Free some space.*set compute.store"):
        put(Store(tmp_path), "a")
    assert not list((tmp_path / "entries").iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 2 MB, or skip where that is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    store = Store(small_disk)
    put(store, "a", MB)
    put(store, "b", int(1.5 * MB))
    assert names(store) == ["b"], "a went to make room"
    held = store.rows({"name": "b"}, ["a", "b"], lambda row: {})
    with pytest.raises(StoreError, match="are free"):
        put(store, "c", MB)
    with pytest.raises(StoreError, match="disk is full"):  # rows that grow: more than the first one told
        store.rows({"name": "d"}, list("abc"), lambda row: {"x": np.ones(10 ** (3 * row), np.uint8)})
    with pytest.raises(StoreError, match="are free"):
        store.array({}, (MB,), np.uint8, lambda out: None)
    assert names(store) == ["b"]
    assert held["x"][1].all()
    assert not list((small_disk / "building").iterdir())


LIMITED = """
import resource, signal, sys
import numpy as np
from pathlib import Path
import evenhand
from evenhand.base.errors import StoreError
from evenhand.data.store.store import Store
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
store = Store(Path(sys.argv[1]))
for make in (
    lambda: store.rows({}, ["a"] * 50, lambda row: {"x": np.ones(10_000, np.uint8)}, workers=2),
    lambda: store.rows({}, ["a"] * 50, lambda row: {"x": np.ones(10_000 + row, np.uint8)}),
    lambda: store.array({}, (500_000,), np.uint8, lambda out: None),
):
    try:
        make()
    except StoreError as error:
        print(error)
"""


@pytest.mark.slow
def test_a_file_that_may_not_grow_ends_in_words(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert all("the disk is full, or a quota is used up" in line for line in lines)
    assert not list((tmp_path / "entries").iterdir())
    assert not list((tmp_path / "building").iterdir())


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_folder_that_cannot_be_is_told(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match=r"as .*file is a file\. Set compute\.store"):
        put(Store(tmp_path / "file" / below), "a")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a read-only folder of the system's own")
def test_a_folder_that_may_not_be_written_is_told() -> None:
    with pytest.raises(StoreError, match="Set compute.store to a writable folder"):
        put(Store(Path("/proc/self/store")), "a")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Store]:
    """Return a store with one entry in a folder that may only be read, or skip."""
    folder = tmp_path / "store"
    put(Store(folder), "a")
    mounted = subprocess.run(["mount", "--bind", "-o", "ro", folder, folder], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting read-only is not allowed here")
    yield Store(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_store_that_may_only_be_read_is_still_read(read_only: Store) -> None:
    entry = read_only.rows({"name": "a"}, ["a", "b"], lambda row: {})
    assert entry["x"].shape == (2, MB // 2)
    with pytest.raises(StoreError, match=r"Read-only file system.*Set compute.store"):
        put(read_only, "b")


def test_half_deleted_and_half_built_leftovers_go(tmp_path: Path) -> None:
    building = tmp_path / "building"
    for name in (f"{'a' * 32}.12345678.trash", "b" * 32):
        (building / name).mkdir(parents=True)
        (building / name / "x.npy").write_bytes(b"x")
    (building / f"{'b' * 32}.lock").touch()
    Store(tmp_path).clear()
    assert not list(building.iterdir())


def test_the_limit_goes_with_the_store_to_other_processes(tmp_path: Path) -> None:
    put(Store(tmp_path), "old")
    there = Store.at(json.loads(json.dumps(Store(tmp_path, limit_bytes=int(1.5 * MB)).place())))
    there.array({"activations": 1}, (MB,), np.uint8, lambda out: None)
    assert [key for key in there.usage()["key"] if "name" in key] == [], "activations had to make room"


def test_the_limit_holds_while_rows_of_any_size_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_writer, "_CHECK_BYTES", MB)
    monkeypatch.setattr(row_writer, "_BLOCK_ROWS", 4)
    store = Store(tmp_path, limit_bytes=4 * MB)
    with pytest.raises(StoreError, match="more than the limit of the whole store"):
        store.rows({}, list(map(str, range(99))), lambda row: {"x": np.ones(MB if row else 1, np.uint8)})
    assert not list((tmp_path / "entries").iterdir())
    assert not list((tmp_path / "building").iterdir())


def test_what_others_are_building_counts(tmp_path: Path) -> None:
    put(Store(tmp_path), "old")
    part = tmp_path / "building" / ("0" * 32)
    part.mkdir()
    (part / "x.npy").write_bytes(bytes(MB))
    make_room(tmp_path, MB, 3 * MB + 1000)
    assert names(Store(tmp_path)) == ["old"]
    make_room(tmp_path, MB, 2 * MB)
    assert names(Store(tmp_path)) == []


def test_an_entry_of_the_future_is_cleared_as_well(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "a")
    used_at(store, "a", time.time() + 1e6)
    assert store.clear(unused_days=1).entries == 0
    assert store.clear().entries == 1


@pytest.mark.parametrize("how", ["missing", "pipe", "folder", "loop"])
def test_an_entry_without_a_description_is_listed_cleared_and_named_by_verify(tmp_path: Path, how: str) -> None:
    store = Store(tmp_path / "store")
    put(store, "a")
    (about,) = (tmp_path / "store" / "entries").glob("*/entry.json")
    about.unlink()
    {
        "missing": lambda: None, "pipe": lambda: os.mkfifo(about), "folder": about.mkdir,
        "loop": lambda: about.symlink_to(about.name),
    }[how]()  # fmt: skip
    usage = store.usage()
    assert (list(usage["what"]), list(usage["in_use"])) == (["damaged"], [False])
    (damaged,) = evenhand.verify(tmp_path / "store").damaged["file"]
    assert damaged == f"entries/{about.parent.name}/entry.json"
    put(store, "a")
    assert names(store) == ["a"], "it is made again"
    assert store.clear().entries == 1


@pytest.mark.parametrize("damaged", [b"", b"{}", b"null", b'{"rows": 1', b"\xff\xfe"])
def test_a_damaged_entry_is_listed_as_such_and_makes_room(tmp_path: Path, damaged: bytes) -> None:
    store = Store(tmp_path / "store")
    put(store, "a")
    (about,) = (tmp_path / "store" / "entries").glob("*/entry.json")
    about.write_bytes(damaged)
    usage = store.usage()
    assert list(usage["what"]) == ["damaged"]
    assert usage["bytes"][0] > MB / 2
    assert store.clear().entries == 1
    assert not about.parent.exists()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("rows", "Infinity"), ("rows", "1e999"), ("rows", "-1"), ("rows", "true"), ("bytes", "1" + "0" * 400),
        ("bytes", "NaN"), ("bytes", '"x"'), ("created", '"junk"'), ("created", '"99999-01-01"'),
        ("created", '"0001-01-01"'), ("created", "3"), ("failures", '{"99999": "x"}'), ("failures", '{"-1": "x"}'),
        ("failures", '{"x": "x"}'),
        ("failures", "[]"), ("arrays", '{"a": 1}'), ("arrays", "[3]"), ("files", '{"a.npy": "x"}'),
        ("key", "[]"), ("what", "null"),
    ],
)  # fmt: skip
def test_a_description_of_somebody_else_may_hold_anything(tmp_path: Path, key: str, text: str) -> None:
    store = Store(tmp_path / "store", on_damage=lambda said: None)
    put(store, "a")
    (about,) = (tmp_path / "store" / "entries").glob("*/entry.json")
    document = json.loads(about.read_text())
    # without checksums, as older versions wrote it
    rest = {name: value for name, value in document.items() if name not in ("seal", "checksums", key)}
    about.write_text(json.dumps(rest)[:-1] + f', "{key}": {text}}}')
    assert list(store.usage()["what"]) == ["damaged"]
    put(store, "a")
    assert names(store) == ["a"], "it is made again"
    about.write_text(json.dumps(rest)[:-1] + f', "{key}": {text}}}')
    assert store.clear().entries == 1

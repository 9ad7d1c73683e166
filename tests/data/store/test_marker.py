"""A store touches nothing but what it made: markers, names, folders of others."""

import os
from pathlib import Path

import numpy as np
import pytest

from evenhand.base.errors import StoreError
from evenhand.data.store.locks import lock_exclusive
from evenhand.data.store.marker import MARKER, is_entry, is_lock, is_trash
from evenhand.data.store.store import Store

NAME = "0123456789abcdef" * 2


def put(store: Store, name: str = "a") -> None:
    store.rows({"name": name}, ["a"], lambda row: {"x": np.ones(100, np.uint8)})


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def fill(folder: Path, *names: str) -> Path:
    """Make files (folders where a name ends with a slash) below a folder."""
    for name in names:
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True)
            (path / "x.npy").write_bytes(b"x")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x")
    return folder


FOREIGN = [
    ("building/photos.trash/",),
    ("building/thesis.lock", "building/thesis/"),
    (f"building/{NAME}.trash/",),
    (f"building/{NAME.upper()}.lock", f"building/{NAME.upper()}/"),
    ("entries/2025/", "entries/2025/entry.json"),
    ("notes.txt",),
    (f"entries/{NAME}/", "holiday.jpg"),
    (".hidden",),
]


@pytest.mark.parametrize("names", FOREIGN)
def test_a_folder_with_anything_else_never_becomes_a_store(tmp_path: Path, names: tuple[str, ...]) -> None:
    fill(tmp_path, *names)
    before = below(tmp_path)
    for use in (put, Store.clear, Store.usage):
        with pytest.raises(StoreError, match=r"is not a store.*Nothing in it was touched.*new or empty folder"):
            use(Store(tmp_path))
    assert below(tmp_path) == before


@pytest.mark.parametrize("names", [names for names in FOREIGN if not names[0].endswith(f"{NAME}/")])
def test_a_store_leaves_what_others_put_into_it(tmp_path: Path, names: tuple[str, ...]) -> None:
    put(Store(tmp_path))
    before = below(fill(tmp_path, *names)) - {str(p.relative_to(tmp_path)) for p in tmp_path.glob("entries/*/*")}
    made = {path.name for path in (tmp_path / "entries").iterdir() if (path / "x.npy").stat().st_size > 10}
    put(Store(tmp_path), "b")  # sweeps
    assert Store(tmp_path).clear().entries == 2
    assert {name for name in before if not any(one in name for one in made)} <= below(tmp_path)


def test_a_store_says_that_it_is_one(tmp_path: Path) -> None:
    put(Store(tmp_path / "new"))
    assert (tmp_path / "new" / MARKER).read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    (tmp_path / "empty").mkdir()
    put(Store(tmp_path / "empty"))
    assert (tmp_path / "empty" / MARKER).is_file()


def test_the_tag_of_another_cache_is_not_the_marker(tmp_path: Path) -> None:
    (tmp_path / MARKER).write_text("Signature: 8a477f597d28d172789f06886806bc55\n# made by cargo\n")
    fill(tmp_path, "debug/")
    with pytest.raises(StoreError, match="is not a store"):
        Store(tmp_path).clear()


def test_a_store_made_before_there_were_markers_is_taken_over(tmp_path: Path) -> None:
    put(Store(tmp_path))
    (tmp_path / MARKER).unlink()
    fill(tmp_path, f"building/{NAME}.12345678.trash/", f"building/{NAME}/", f"building/{NAME}.lock", ".DS_Store")
    assert len(Store(tmp_path).usage()) == 1
    put(Store(tmp_path), "b")
    assert (tmp_path / MARKER).is_file()
    assert not list((tmp_path / "building").iterdir())
    assert len(Store(tmp_path).usage()) == 2
    assert Store(tmp_path).clear().entries == 2


def test_other_stores_are_read_and_never_written(tmp_path: Path) -> None:
    other, own = Store(tmp_path / "other"), Store(tmp_path / "own", also=[tmp_path / "other"])
    put(other)
    (name,) = other.usage()["name"]
    fill(tmp_path / "other", f"building/{NAME}.12345678.trash/")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "other").rglob("*")}
    assert own.open(name)["x"].all()
    put(own)
    assert not (tmp_path / "own").exists(), "what is there need not be made"
    put(own, "b")
    assert len(own.usage()) == 1
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "other").rglob("*")} == before


@pytest.mark.parametrize("name", ["../../other", "/etc", "", "a" * 31, "A" * 32, f"{'a' * 32}/x", "a" * 32 + "\n"])
def test_a_name_that_no_store_gives_is_not_looked_for(tmp_path: Path, name: str) -> None:
    assert not is_entry(name)
    with pytest.raises(StoreError, match="do not exist"):
        Store(tmp_path, also=[tmp_path]).open(name)


def test_names_that_a_store_gives() -> None:
    assert is_entry(NAME)
    assert is_lock(f"{NAME}.lock")
    assert is_trash(f"{NAME}.0a1b2c3d.trash")
    assert not is_trash(f"{NAME}.trash")
    assert not is_lock("x.lock")


def test_a_folder_that_a_record_names_is_read_only_if_it_is_a_store(tmp_path: Path) -> None:
    other, own = tmp_path / "other", Store(tmp_path / "own", also=[tmp_path / "other"])
    put(Store(other))
    (name,) = Store(other).usage()["name"]
    (other / MARKER).unlink()
    with pytest.raises(StoreError, match="do not exist"):
        own.open(name)
    os.mkfifo(other / MARKER)
    with pytest.raises(StoreError, match="do not exist"):
        own.open(name)


def test_an_entry_that_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    put(Store(tmp_path))
    (name,) = Store(tmp_path).usage()["name"]
    (tmp_path / "entries" / name / "entry.json").unlink()
    os.mkfifo(tmp_path / "entries" / name / "entry.json")
    with pytest.raises(StoreError, match="do not exist"):
        Store(tmp_path).open(name)


def test_a_file_is_not_a_store(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    for use in (Store.clear, Store.usage):
        with pytest.raises(StoreError, match="is not a folder"):
            use(Store(tmp_path / "a"))


def test_links_in_a_store_are_not_followed(tmp_path: Path) -> None:
    entry, trash = "0" * 32, f"{'0' * 32}.12345678.trash"
    other = tmp_path / "other"
    other.mkdir()
    (other / "entry.json").write_text("{}")
    store = Store(tmp_path / "store")
    store.rows({"name": "a"}, ["a"], lambda row: {"x": np.ones(9, np.uint8)})
    (store.folder / "entries" / entry).symlink_to(other)
    (store.folder / "building" / trash).symlink_to(other)
    assert len(store.usage()) == 1
    store.clear()
    assert (other / "entry.json").read_text() == "{}"
    assert not (store.folder / "building" / trash).is_symlink()


@pytest.mark.parametrize("what", ["entry", "array", "document"])
def test_links_among_entries_are_not_followed_and_are_made_anew(tmp_path: Path, what: str) -> None:
    store = Store(tmp_path / "store")
    put(store)
    (entry,) = (tmp_path / "store" / "entries").iterdir()
    path = entry / {"entry": "", "array": "x.npy", "document": "entry.json"}[what]
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    before = {at: at.lstat().st_mtime_ns for at in (tmp_path / "elsewhere", *(tmp_path / "elsewhere").glob("*"))}
    put(store)
    assert not path.is_symlink()
    assert {at: at.lstat().st_mtime_ns for at in before} == before


def test_a_store_whose_entries_lie_elsewhere_is_refused(tmp_path: Path) -> None:
    put(Store(tmp_path / "mine"))
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / MARKER).write_bytes((tmp_path / "mine" / MARKER).read_bytes())
    (tmp_path / "theirs" / "entries").symlink_to(tmp_path / "mine" / "entries")
    with pytest.raises(StoreError, match="entries: is a link, and is not followed"):
        Store(tmp_path / "theirs").clear()
    assert len(Store(tmp_path / "mine").usage()) == 1


def test_a_lock_that_is_a_link_makes_no_file_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "x.lock").symlink_to(tmp_path / "made")
    with pytest.raises(OSError, match="symbolic links"):
        lock_exclusive(tmp_path / "x.lock")
    assert not (tmp_path / "made").exists()


def test_the_description_of_an_entry_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    put(Store(tmp_path / "store"))
    (tmp_path / "store" / "entries" / NAME).mkdir()
    (tmp_path / "mine").write_text("mine")
    os.utime(tmp_path / "mine", ns=(0, 0))
    (tmp_path / "store" / "entries" / NAME / "entry.json").symlink_to(tmp_path / "mine")
    assert set(Store(tmp_path / "store").usage()["what"]) == {"rows", "damaged"}
    assert Store(tmp_path / "store").clear().entries == 2
    assert (tmp_path / "mine").stat().st_atime_ns == 0

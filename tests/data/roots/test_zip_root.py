import pickle
import threading
import zipfile
from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.data.roots.zip_root import ZipRoot
from evenhand.testing.archives import write_lying_zip, write_zip


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_reads_every_usual_method(tmp_path: Path, method: int) -> None:
    files = {"b/2.jpg": b"two" * 99, "a/1.jpg": b"", ".x": b"h"}
    root = ZipRoot(write_zip(tmp_path / "a.zip", files, method=method))
    assert list(root.names()) == ["a/1.jpg", "b/2.jpg"]
    assert root.read("b/2.jpg") == b"two" * 99
    assert root.read("a/1.jpg") == b""
    assert root.size("b/2.jpg") == 297


def test_other_methods_are_named(tmp_path: Path) -> None:
    root = ZipRoot(write_zip(tmp_path / "a.zip", {"a.jpg": b"x" * 100}, method=zipfile.ZIP_LZMA))
    assert not root.names()
    assert "compressed with an unsupported method (lzma)" in root.skipped()[0].reason


def test_a_name_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is not in a\.zip"):
        ZipRoot(write_zip(tmp_path / "a.zip", {"a.jpg": b"x"})).read("../b.jpg")


def test_an_entry_never_unpacks_further_than_it_says(tmp_path: Path) -> None:
    root = ZipRoot(write_lying_zip(tmp_path / "a.zip", claimed=10))
    assert root.size("liar.bmp") == 10
    with pytest.raises(DataError, match="checksum is wrong"):
        root.read("liar.bmp")


def test_damage_is_told(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.jpg": bytes(range(256)) * 9, "b.jpg": b"fine"})
    raw = bytearray(path.read_bytes())
    raw[60] ^= 0xFF
    path.write_bytes(bytes(raw))
    root = ZipRoot(path)
    with pytest.raises(DataError, match="is damaged in the zip"):
        root.read("a.jpg")
    assert root.read("b.jpg") == b"fine"


def test_travels_to_other_processes(tmp_path: Path) -> None:
    root = ZipRoot(write_zip(tmp_path / "a.zip", {"a.jpg": b"x"}))
    assert root.read("a.jpg") == b"x"
    raw = pickle.dumps(root)
    assert len(raw) < 1000
    assert pickle.loads(raw).read("a.jpg") == b"x"


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    files = {f"{n}.jpg": bytes([n]) * 5000 for n in range(30)}
    root = ZipRoot(write_zip(tmp_path / "a.zip", files))
    wrong: list[str] = []

    def read() -> None:
        wrong.extend(name for name, raw in files.items() if root.read(name) != raw)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_files_whose_place_is_known_are_read_without_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_zip(tmp_path / "a.zip", {"a.jpg": b"one", "b.jpg": b"two"})
    known = ZipRoot(path).entries(["a.jpg", "none.jpg"])
    assert list(known) == ["a.jpg"]
    root = ZipRoot(path, known=known)
    with monkeypatch.context() as patch:
        patch.setattr("evenhand.data.roots.zip_root.list_entries", lambda *a: pytest.fail("the index was read"))
        assert root.read("a.jpg") == b"one"
    assert root.read("b.jpg") == b"two"  # of others, by the index

import os
import pickle
import threading
from pathlib import Path

import pytest

from evenhand.base.errors import DataError
from evenhand.data.roots.content_hash import content_hash
from evenhand.data.roots.folder_root import FolderRoot


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def reasons(root: FolderRoot) -> dict[str, str]:
    return {item.name: item.reason for item in root.skipped()}


def test_names_are_sorted_and_hidden_files_left_out(tmp_path: Path) -> None:
    fill(tmp_path, "b/2.jpg", "a/1.jpg", ".git/x", "b/.DS_Store", "__MACOSX/a/1.jpg", "b/Thumbs.db", "苹果/é.jpg")
    assert list(FolderRoot(tmp_path).names()) == ["a/1.jpg", "b/2.jpg", "苹果/é.jpg"]


def test_caches_are_left_out_and_files_of_the_same_name_are_not(tmp_path: Path) -> None:
    fill(tmp_path, "a/1.npy", "store/entries/x/lines.npy", "b/CACHEDIR.TAG", "b/2.npy")
    (tmp_path / "store" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n# of somebody")
    assert list(FolderRoot(tmp_path).names()) == ["a/1.npy", "b/2.npy", "b/CACHEDIR.TAG"]
    assert not reasons(FolderRoot(tmp_path))
    assert not FolderRoot(tmp_path).empty_folders()
    whole = fill(tmp_path / "store" / "entries" / "x")
    assert list(FolderRoot(whole.parents[1]).names()) == ["CACHEDIR.TAG", "entries/x/lines.npy"], "named itself"


def test_reads_bytes_sizes_and_hashes(tmp_path: Path) -> None:
    root = FolderRoot(fill(tmp_path, "a/1.jpg"))
    assert root.read("a/1.jpg") == b"a/1.jpg"
    assert root.size("a/1.jpg") == 7
    assert root.content("a/1.jpg") == content_hash(b"a/1.jpg")
    (tmp_path / "large").write_bytes(raw := b"0123456789" * 300_000)
    assert root.content("large") == content_hash(raw)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "a\0b"])
def test_never_reads_outside(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="leads out of the root"):
        FolderRoot(tmp_path).read(name)


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot be read \(no such file or directory\)"):
        FolderRoot(tmp_path).read("gone.jpg")
    with pytest.raises(DataError, match="cannot be read"):
        FolderRoot(tmp_path).size("gone.jpg")


def test_links_to_files_inside_are_files(tmp_path: Path) -> None:
    fill(tmp_path, "a/1.jpg")
    (tmp_path / "b").mkdir()
    (tmp_path / "b/2.jpg").symlink_to("../a/1.jpg")
    root = FolderRoot(tmp_path)
    assert list(root.names()) == ["a/1.jpg", "b/2.jpg"]
    assert root.read("b/2.jpg") == b"a/1.jpg"


def test_links_that_lead_nowhere_or_out_are_named(tmp_path: Path) -> None:
    root_folder, outside = tmp_path / "root", fill(tmp_path / "outside", "x.jpg", "sub/y.jpg")
    fill(root_folder, "a/1.jpg")
    (root_folder / "broken.jpg").symlink_to("nowhere")
    (root_folder / "self.jpg").symlink_to("self.jpg")
    (root_folder / "out.jpg").symlink_to(outside / "x.jpg")
    (root_folder / "outdir").symlink_to(outside)
    root = FolderRoot(root_folder)
    assert list(root.names()) == ["a/1.jpg"]
    found = reasons(root)
    assert found["broken.jpg"] == found["self.jpg"] == "is a broken symbolic link"
    assert found["out.jpg"].startswith("is a symbolic link that leads out of the root")
    assert 'data.links = "follow"' in found["outdir"]


def test_all_links_are_followed_where_asked(tmp_path: Path) -> None:
    root_folder, outside = tmp_path / "root", fill(tmp_path / "outside", "x.jpg", "sub/y.jpg")
    fill(root_folder, "a/1.jpg")
    (root_folder / "out.jpg").symlink_to(outside / "x.jpg")
    (root_folder / "outdir").symlink_to(outside)
    root = FolderRoot(root_folder, "follow")
    assert list(root.names()) == ["a/1.jpg", "out.jpg", "outdir/sub/y.jpg", "outdir/x.jpg"]


@pytest.mark.parametrize("links", ["inside", "follow"])
def test_loops_end(tmp_path: Path, links: str) -> None:
    fill(tmp_path, "a/1.jpg", "b/2.jpg")
    (tmp_path / "a/up").symlink_to("..")
    (tmp_path / "a/b").symlink_to("../b")
    (tmp_path / "b/a").symlink_to("../a")
    root = FolderRoot(tmp_path, links)  # type: ignore[arg-type]
    assert list(root.names()) == ["a/1.jpg", "b/2.jpg"]
    assert set(reasons(root)) == {"a/up", "a/b", "b/a"}


def test_pipes_are_not_read(tmp_path: Path) -> None:
    fill(tmp_path, "a/1.jpg")
    os.mkfifo(tmp_path / "a/pipe.jpg")
    root = FolderRoot(tmp_path)
    assert list(root.names()) == ["a/1.jpg"]
    assert reasons(root) == {"a/pipe.jpg": "is neither a file nor a folder"}


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "a/1.jpg", "b/2.jpg")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.rstrip("/").endswith("/b"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr("os.scandir", refuse)
    root = FolderRoot(tmp_path)
    assert list(root.names()) == ["a/1.jpg"]
    assert reasons(root) == {"b": "the folder cannot be read (permission denied)"}


def test_a_root_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(DataError, match=r"cannot be read \(permission denied\)\. Check its permissions"):
        FolderRoot(tmp_path).names()


def test_names_that_are_not_unicode_are_read(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode("груша.jpg".encode("cp866"))).write_bytes(b"pear")
    root = FolderRoot(tmp_path)
    assert list(root.names()) == ["груша.jpg"]
    assert root.read("груша.jpg") == b"pear"
    assert pickle.loads(pickle.dumps(root)).read("груша.jpg") == b"pear"


def test_a_name_is_found_without_looking_through_other_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "Яблоки/груша.jpg"
    spelled = Path(os.fsdecode(name.encode("cp866")))
    (tmp_path / spelled).parent.mkdir()
    (tmp_path / spelled).write_bytes(b"pear")
    fill(tmp_path, "other/deep/a.jpg")
    looked: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr("os.scandir", lambda path: (looked.append(str(path)), scandir(path))[1])
    root = FolderRoot(tmp_path)
    for missing in ("имени/нет.jpg", "other/нет.jpg", "Яблоки/нет.jpg"):
        with pytest.raises(DataError, match="cannot be read"):
            root.content(missing)
    assert root.read(name) == b"pear"
    assert not any("deep" in path for path in looked)
    assert len(looked) == len({*looked}) == 3, "each folder on a way, once"
    assert sorted(root.names()) == ["other/deep/a.jpg", name]
    assert root.read(name) == b"pear", "by the listing"


def test_many_threads_read_at_once(tmp_path: Path) -> None:
    root = FolderRoot(fill(tmp_path, *(f"{n}.jpg" for n in range(20))))
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.extend(map(root.read, root.names()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80


def test_a_file_too_large_to_read_is_not_hashed_either(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg")
    os.truncate(tmp_path / "a.jpg", 2**32 + 1)
    for read in (FolderRoot(tmp_path).read, FolderRoot(tmp_path).content):
        with pytest.raises(DataError, match="has 4,294,967,297 bytes; a file of at most"):
            read("a.jpg")

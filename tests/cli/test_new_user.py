"""What a newcomer does wrong ends in words that say what to do, with nothing half-written."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .conftest import Shell


def toml(folder: Path, root: str, more: str = "") -> Path:
    path = folder / "mine.toml"
    path.write_text(
        f'[data]\nroot = "{root}"\n{more}\n[[model]]\nname = "a"\nencoder = "small"\ntune = "all"\n'
        "[photos]\nsize = 32\n[folds]\nk = 2\n[train]\nepochs = 1\n",
        encoding="utf-8",
    )
    return path


def picture(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def assert_output(done: object, code: int, *words: str) -> str:
    """Assert the exit code, that all words are in the output, and that no traceback is; return the output."""
    assert done.returncode == code, done.stderr + done.stdout  # type: ignore[attr-defined]
    said = done.stderr + done.stdout  # type: ignore[attr-defined]
    assert "Traceback" not in said
    for word in words:
        assert word in said, said
    return str(said)


def test_an_empty_folder(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert_output(shell("init", "empty"), 2, "it is empty", "JPEG")
    assert_output(shell("check", toml(tmp_path, "empty")), 2, "empty")
    assert not (tmp_path / "evenhand.toml").exists()
    assert not (tmp_path / "runs").exists()


def test_a_folder_of_text_files(shell: Shell, tmp_path: Path) -> None:
    for name in ("a/1.txt", "b/2.txt"):
        (tmp_path / "texts" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "texts" / name).write_text("hello")
    assert_output(shell("init", "texts"), 2, "2 × .txt", "JPEG")
    assert_output(shell("check", toml(tmp_path, "texts")), 2, "texts")


def test_a_folder_that_is_not_there(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    assert_output(shell("check", toml(tmp_path, "fotos")), 2, "no such folder", "photos")


def test_one_class_only(shell: Shell, tmp_path: Path) -> None:
    for i in range(4):
        picture(tmp_path / "one" / "rust" / f"{i}.png", i)
    assert_output(shell("run", toml(tmp_path, "one")), 2, 'of one class, "rust"', "add rows of another class")
    assert not (tmp_path / "runs").exists()


def test_a_class_with_one_photo_is_a_finding(shell: Shell, tmp_path: Path) -> None:
    for i in range(9):
        picture(tmp_path / "few" / ("rare" if i == 0 else "ab"[i % 2]) / f"{i}.png", i)
    assert_output(shell("check", toml(tmp_path, "few")), 0, "EH107", "rare", "data.min_count")


def test_a_cut_off_jpeg_is_named_and_left_out(shell: Shell, tmp_path: Path) -> None:
    for i in range(8):
        picture(tmp_path / "p" / "ab"[i % 2] / f"{i}.jpg", i)
    whole = (tmp_path / "p" / "a" / "0.jpg").read_bytes()
    (tmp_path / "p" / "a" / "0.jpg").write_bytes(whole[: len(whole) // 2])
    assert_output(shell("check", toml(tmp_path, "p")), 1, "EH101", "a/0.jpg")


def test_missing_files_of_a_table_are_counted_with_the_first_line(shell: Shell, tmp_path: Path) -> None:
    for i in range(4):
        picture(tmp_path / "p" / f"{i}.png", i)
    rows = "".join(f"{i}.png,{'ab'[i % 2]}\n" for i in range(7))
    (tmp_path / "p" / "labels.csv").write_text(f"path,label\n{rows}")
    assert_output(
        shell("check", toml(tmp_path, "p", 'table = "labels.csv"')),
        2,
        "3 of 7 rows",
        "line 6",
        'data.missing = "drop"',
    )


def test_every_fault_of_a_configuration_is_told_with_its_line(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[data]\nroot = "x"\n[train]\nepoch = 3\nlearning_rate = -1\n[score]\nmacro_f = 1\n')
    assert_output(
        shell("run", path),
        2,
        "line 4: train.epoch",
        '"epochs"',
        "line 5: train.learning_rate",
        "line 7",
        "macro_f1",
    )


def test_a_misspelt_verb_and_option(shell: Shell) -> None:
    assert_output(shell("chek"), 2, "chek")
    assert_output(shell("check", "x.toml", "--jsn"), 2, "--json")


def test_a_missing_configuration(shell: Shell) -> None:
    assert_output(shell("run", "none.toml"), 2, "no such file", "evenhand init")


def test_a_record_that_is_none(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert_output(shell("report", "x"), 2, "is not a record")
    assert_output(shell("predict", "x", "y"), 2, "is not a record")


def test_a_place_that_cannot_be_written(shell: Shell, tmp_path: Path, photos: Path) -> None:
    (tmp_path / "file").write_text("")
    assert_output(
        shell("run", photos, "--set", f"output={tmp_path / 'file'}"), 2, "is a file", "output names a folder"
    )
    assert_output(shell("check", photos, "--set", f"compute.store={tmp_path / 'file'}"), 2, "compute.store")


def test_init_makes_a_configuration_that_check_takes(shell: Shell, tmp_path: Path, photos: Path) -> None:
    assert_output(shell("init", photos.parent, "--to", "new.toml"), 0, "Wrote new.toml")
    assert shell("check", "new.toml", "--set", "photos.size=32").returncode in (0, 1)
    assert_output(shell("init", photos.parent, "--to", "new.toml"), 2, "already exists", "--force")


@pytest.mark.parametrize("verb", ["init", "check", "split", "run", "runs", "predict", "report", "cache", "demo"])
def test_every_verb_has_help(shell: Shell, verb: str) -> None:
    assert "Usage" in assert_output(shell(verb, "--help"), 0)


def test_runs_where_there_are_none(shell: Shell) -> None:
    assert_output(shell("runs"), 0, "no runs yet")


def test_the_cache_can_be_shown_and_cleared(shell: Shell, photos: Path) -> None:
    shell("check", photos)
    assert_output(shell("cache"), 0, "1 entries")
    assert_output(shell("cache", "--clear"), 0, "Removed 1 entries")
    assert_output(shell("cache"), 0, "0 entries")


@pytest.mark.slow
def test_a_full_disk(shell: Shell, tmp_path: Path, photos: Path) -> None:
    import subprocess

    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here (it needs root)")
    try:
        assert_output(shell("check", photos, "--set", f"compute.store={small / 'store'}"), 2, "store")
        assert_output(shell("run", photos, "--set", f"output={small / 'runs'}"), 2, "full")
    finally:
        subprocess.run(["umount", "-l", small], check=True)
    shutil.rmtree(small)

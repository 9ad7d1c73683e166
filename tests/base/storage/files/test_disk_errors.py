"""What a disk refuses: one error and one sentence, whichever library wrote."""

import errno
import os
from pathlib import Path

import pytest

from evenhand.base.storage.files.atomic import replacing
from evenhand.base.storage.files.disk_errors import disk_error_message


class SafetensorError(Exception):
    """As that of safetensors, which is no OSError."""


@pytest.mark.parametrize(
    ("raised", "number", "words"),
    [
        (SafetensorError("I/O error: No space left on device (os error 28)"), errno.ENOSPC, "the disk is full."),
        (SafetensorError("I/O error: Input/output error (os error 5)"), errno.EIO, "the disk reports an error"),
        (OSError("[Errno 122] Error writing bytes to file. Detail: quota"), errno.EDQUOT, "a quota is used up"),
        (OSError(errno.EFBIG, "File too large"), errno.EFBIG, "ulimit -f"),
        (OSError(errno.EROFS, "Read-only file system"), errno.EROFS, "to a writable folder"),
    ],
)
def test_a_disk_that_refuses_is_one_error_that_names_the_file(
    tmp_path: Path, raised: Exception, number: int, words: str
) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_text("old")
    with pytest.raises(OSError, match="weights") as found, replacing(path) as part:
        part.write_text("half")
        raise raised
    assert (found.value.errno, found.value.filename) == (number, str(path))
    assert found.value.__cause__ is raised
    assert words in disk_error_message(found.value)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "old"


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="errno 5 is no"), replacing(tmp_path / "a"):
        raise ValueError("errno 5 is no disk")
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "b"):
        raise FileNotFoundError(errno.ENOENT, "not there", "elsewhere")


def test_an_error_about_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="source") as found, replacing(tmp_path / "a"):
        raise OSError(errno.EIO, os.strerror(errno.EIO), "source")
    assert found.value.filename == "source"


def test_a_disk_that_breaks_while_it_is_tidied_does_not_hide_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "cannot be removed")

    monkeypatch.setattr(Path, "unlink", broken)
    with pytest.raises(OSError, match="No space") as found, replacing(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert found.value.errno == errno.ENOSPC

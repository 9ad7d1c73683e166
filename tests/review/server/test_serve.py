"""The server: its port, what it says, and how it ends."""

from __future__ import annotations

import importlib.util
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from evenhand.base.errors import EvenhandError, MissingExtraError
from evenhand.review.server.open_session import open_session
from evenhand.review.server.serve import listening_socket, require_extra


def test_a_port_in_use_gives_way_to_the_next() -> None:
    with listening_socket(0) as first:
        port = first.getsockname()[1]
        with listening_socket(port) as second:
            assert second.getsockname()[0] == "127.0.0.1"
            assert second.getsockname()[1] > port
        with pytest.raises(EvenhandError, match=f"none of the ports {port} to {port} is free"):
            listening_socket(port, tried=1)


@pytest.mark.parametrize("port", [-1, 65536])
def test_what_is_no_port(port: int) -> None:
    with pytest.raises(EvenhandError, match="is not a port"):
        listening_socket(port)


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"evenhand\[review\]"):
        require_extra()


def test_what_cannot_be_opened_is_said(toml: Path, tmp_path: Path) -> None:
    with pytest.raises(EvenhandError, match='no order of review named "sorted"'):
        open_session(toml, folder=tmp_path, order="sorted")
    with pytest.raises(EvenhandError):
        open_session(tmp_path, folder=tmp_path)  # a folder that is not a record
    with pytest.raises(EvenhandError):
        open_session(tmp_path / "nothing.toml", folder=tmp_path)


@pytest.mark.slow
def test_from_the_shell_to_ctrl_c(toml: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "evenhand", "review", str(toml), "--no-open", "--port", "0"]
    command += ["--session", str(tmp_path / "mine"), "--reviewer", "ada"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        said = ""
        while "Open http" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        address = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", said)
        assert address, said
        with urlopen(address[0]) as answer:
            assert b"<title>Review" in answer.read()
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 0, said + rest
    assert "0 of" in rest
    assert "Traceback" not in rest

"""Signals end a verb with a word and with 3, and a reader that goes away is no finding."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from evenhand.cli.errors import report_errors


@pytest.fixture(autouse=True)
def interrupts() -> Iterator[None]:
    """Let SIGINT interrupt and SIGHUP end: shells and nohup have background jobs ignore them, as tests may be."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler), signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGINT, before[0])
    signal.signal(signal.SIGHUP, before[1])


@pytest.mark.parametrize(
    ("sent", "words"),
    [("SIGTERM", "Ended by SIGTERM."), ("SIGHUP", "Ended by SIGHUP."), ("SIGINT", "Interrupted.")],
)
def test_a_signal_ends_with_a_sentence_and_three(sent: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(getattr(signal, sent))

    @report_errors
    def verb() -> None:
        try:
            os.kill(os.getpid(), getattr(signal, sent))
        finally:
            os.kill(os.getpid(), signal.SIGINT)  # a second one does not break off what is ended
            print("ended in order")

    with pytest.raises(typer.Exit) as caught:
        verb()
    assert caught.value.exit_code == 3
    out, err = capsys.readouterr()
    assert "ended in order" in out
    assert f"{words} Finished work is kept; run the same command again" in err
    assert signal.getsignal(getattr(signal, sent)) == before


def test_a_third_signal_ends_at_once() -> None:
    code = """
import os, signal
from evenhand.cli.errors import report_errors
@report_errors
def verb():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        print("never", flush=True)
verb()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "Stopping; once more to end at once.\n"


def test_a_reader_that_goes_away_is_no_finding(tmp_path: Path) -> None:
    code = """
from evenhand.cli.console import Out
from evenhand.cli.errors import report_errors
import typer
@report_errors
def verb():
    for at in range(100_000):
        Out().print(f"line {at}")
    raise typer.Exit(1)
try:
    verb()
except typer.Exit as end:
    raise SystemExit(end.exit_code)
"""
    done = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" "$0" | head -1; echo ${{PIPESTATUS[0]}}', str(tmp_path / "verb.py")],
        capture_output=True, text=True, timeout=100, check=False,
    ) if (tmp_path / "verb.py").write_text(code) else None  # fmt: skip
    assert done is not None
    assert (done.stdout, done.stderr) == ("line 0\n0\n", "")


def test_a_circle_of_links_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(typer.Exit) as caught:
        report_errors((tmp_path / "loop").resolve)()
    assert caught.value.exit_code == 2
    assert capsys.readouterr().err == f"{tmp_path / 'loop'}: is a symbolic link that leads back to itself.\n"


def test_a_path_with_a_nul_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for use in (Path("a\0b").resolve, Path("a\0b").stat, Path("a\0b").read_bytes):
        with pytest.raises(typer.Exit):
            report_errors(use)()
        assert capsys.readouterr().err.endswith("holds a NUL character (U+0000). Correct it.\n")

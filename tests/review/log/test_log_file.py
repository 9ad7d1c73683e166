"""The file of a log: nothing that `append` returned for is lost, whatever tears, damages, kills or repeats."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evenhand.base.errors import DataError
from evenhand.review.log.event import Event
from evenhand.review.log.log_file import DecisionLog

EVENTS = [Event.new("keep", "ann", f"r{n}", ["ä\u2028"], note="\ud800") for n in range(4)]
WRITER = """
import sys
from evenhand.review.log.event import Event
from evenhand.review.log.log_file import DecisionLog

path, name, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
log = DecisionLog(path)
print("ready", flush=True)
for number in range(n):
    event = Event.new("keep", name, str(number))
    log.append(event)
    print(event.event, flush=True)
"""


def start_writer(path: Path, name: str, n: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(n)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def log(tmp_path: Path) -> DecisionLog:
    return DecisionLog(tmp_path / "review" / "decisions.jsonl")


def test_what_was_appended_is_read_in_order_and_from_any_offset_on(log: DecisionLog) -> None:
    assert log.events() == ([], 0)
    offsets = [0]
    for event in EVENTS:
        assert log.append(event)
        offsets.append(log.path.stat().st_size)
    for at, offset in enumerate(offsets):
        assert log.events(offset) == (EVENTS[at:], offsets[-1])
    assert log.damaged() == ()


def test_an_event_that_is_sent_twice_is_written_once(log: DecisionLog) -> None:
    other = DecisionLog(log.path)
    assert log.append(EVENTS[0])
    assert not log.append(EVENTS[0])
    assert not other.append(EVENTS[0]), "another process that reads the log anew"
    assert other.append(EVENTS[1])
    assert not log.append(EVENTS[1]), "written by another since"
    assert log.events()[0] == EVENTS[:2]


@pytest.mark.usefixtures("without_waiting_for_the_disk")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_last_line_torn_at_any_byte_is_passed_over_and_costs_no_other(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    log = DecisionLog(tmp_path_factory.mktemp("log") / "decisions.jsonl")
    whole = b"".join(f"{event.to_json()}\n".encode() for event in EVENTS[:3])
    cut = data.draw(st.integers(0, len(whole)))
    log.path.write_bytes(whole[:cut])
    finished = whole[:cut].count(b"\n")
    assert log.events() == (EVENTS[:finished], whole[:cut].rfind(b"\n") + 1)

    assert log.append(EVENTS[3])
    found, offset = log.events()
    assert offset == log.path.stat().st_size
    # a line that lacks nothing but its end is whole once it is ended
    assert found in (EVENTS[:finished] + EVENTS[3:], EVENTS[: finished + 1] + EVENTS[3:])
    torn = cut > 0 and whole[cut - 1 : cut] != b"\n" and len(found) == finished + 1
    assert [line.number for line in log.damaged()] == ([finished + 1] if torn else [])


def test_a_torn_line_that_only_lacked_its_end_is_not_written_again(log: DecisionLog) -> None:
    log.path.parent.mkdir()
    log.path.write_text(EVENTS[0].to_json())
    log.append(EVENTS[1])
    assert not log.append(EVENTS[0])
    assert log.events()[0] == EVENTS[:2]


def test_damaged_lines_in_the_middle_are_named_and_left_out(log: DecisionLog) -> None:
    log.append(EVENTS[0])
    with log.path.open("ab") as file:
        file.write(b'\x00\x00\x00\n{"event": 7}\n\xff\n\n[]\n')
    log.append(EVENTS[1])
    assert log.events()[0] == EVENTS[:2]
    assert [line.number for line in log.damaged()] == [2, 3, 4, 5, 6]
    assert "not JSON" in log.damaged()[0].why
    assert "kind is None; allowed is keep, relabel" in log.damaged()[1].why


def test_a_log_that_was_cut_or_removed_meanwhile_is_refused_with_what_to_do(log: DecisionLog) -> None:
    log.append(EVENTS[0])
    log.append(EVENTS[1])
    _, offset = log.events()
    os.truncate(log.path, 5)
    with pytest.raises(DataError, match=r"has become shorter since it was read.*Start the review again"):
        log.events(offset)
    with pytest.raises(DataError, match="has become shorter"):
        log.append(EVENTS[2])
    log.path.unlink()
    with pytest.raises(DataError, match="is gone"):
        log.events(offset)


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "decisions.jsonl"):
        with pytest.raises(DataError, match="the decision could not be written"):
            DecisionLog(path).append(EVENTS[0])


def test_a_full_disk_is_an_error_and_the_event_can_be_sent_again(
    log: DecisionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(EVENTS[0])
    write = os.write
    room = [60]

    def full(descriptor: int, data: bytes) -> int:
        if not room[0]:
            raise OSError(28, "No space left on device")
        taken = write(descriptor, data[: room[0]])
        room[0] -= taken
        return taken

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DataError, match="No space left on device"):
        log.append(EVENTS[1])
    assert log.events()[0] == EVENTS[:1]
    room[0] = 10**6
    assert log.append(EVENTS[1])
    assert log.events()[0] == EVENTS[:2]


def test_an_event_is_on_disk_before_append_returns(log: DecisionLog, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    log.append(EVENTS[0])
    assert synced[-1] == log.path.stat().st_size
    assert len(synced) == 2, "the folder of a new file as well"


def test_two_processes_that_append_at_once_lose_nothing(log: DecisionLog) -> None:
    writers = [start_writer(log.path, name, 40) for name in ("ann", "bob")]
    said = [writer.communicate()[0].split()[1:] for writer in writers]
    found = log.events()[0]
    assert log.damaged() == ()
    assert len(found) == 80
    for name, ids in zip(("ann", "bob"), said, strict=True):
        assert [event.event for event in found if event.reviewer == name] == ids


def killed_writer_loses(path: Path, seconds: float) -> set[str]:
    """Return the ids that a writer killed after some seconds was told are on disk, and that are not."""
    with start_writer(path, "ann", 10**6) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(seconds)
        writer.send_signal(signal.SIGKILL)
        said = writer.stdout.read().split()
    log = DecisionLog(path)
    assert log.append(Event.new("keep", "bob", "after"))
    # the kill may have come within the line that tells
    return {id for id in said if len(id) == 32} - {event.event for event in log.events()[0]}


def test_a_killed_process_loses_nothing_that_append_returned_for(log: DecisionLog) -> None:
    assert killed_writer_loses(log.path, 0.02) == set()


@pytest.mark.slow
def test_fifty_kills_lose_nothing(log: DecisionLog, size: Callable[[int, int], int]) -> None:
    for number in range(size(5, 50)):
        assert killed_writer_loses(log.path, 0.0007 * number**2 % 0.05) == set()


def test_a_log_that_another_file_replaced_is_refused_though_it_is_no_shorter(log: DecisionLog) -> None:
    log.append(EVENTS[0])
    other = log.path.with_name("other")
    other.write_bytes(b"".join(f"{event.to_json()}\n".encode() for event in EVENTS[1:]))
    before = other.read_bytes()
    other.replace(log.path)
    for use in (lambda: log.events(1), log.damaged, lambda: log.append(EVENTS[0])):
        with pytest.raises(DataError, match=r"is another file than the one that was read.*Start the review again"):
            use()
    assert log.path.read_bytes() == before


def test_an_event_that_the_disk_did_not_confirm_is_written_again_when_it_is_sent_again(
    log: DecisionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append(EVENTS[0])
    synced: list[int] = []

    def refused(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch, pytest.raises(DataError, match="could not be written"):
        patch.setattr(os, "fsync", refused)
        log.append(EVENTS[1])
    assert log.append(EVENTS[1]), "the kernel calls its pages clean by now, so that another fsync confirms nothing"
    assert log.path.read_bytes().count(EVENTS[1].event.encode()) == 2
    monkeypatch.setattr(os, "fsync", synced.append)
    assert not DecisionLog(log.path).append(EVENTS[1])
    assert synced, "the process that wrote it may have been killed before it was on disk"


def test_a_log_too_large_to_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "decisions.jsonl").touch()
    os.truncate(tmp_path / "decisions.jsonl", 1 << 36)
    with pytest.raises(DataError, match="cannot be read: it has 68,719,476,736 bytes"):
        DecisionLog(tmp_path / "decisions.jsonl").events()

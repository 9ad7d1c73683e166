"""The file of a log: appended to by any number of processes, durable, readable whatever interrupted its writers.

A line ends with a line feed, and what follows the last line feed is not an event yet: the process that wrote it was
killed, or has not finished. The next append ends such a torn line, so that it is passed over like any damaged line;
nothing that is in the file is ever changed.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evenhand.base.errors import DataError, StoreError
from evenhand.base.storage.files.flush import flush_folder
from evenhand.base.storage.files.regular_file import open_regular
from evenhand.data.store.locks import FileLock, lock_exclusive
from evenhand.review.log.event import Event


@dataclass(frozen=True)
class DamagedLine:
    """A line that is not an event.

    Attributes
    ----------
    number
        Its number, from 1.
    why
        What is wrong with it.
    """

    number: int
    why: str


MOST_BYTES = 1_000_000_000
"""Largest log that is read: about three million decisions."""


class DecisionLog:
    """A log of decisions; it may be shared by threads, and the file by processes.

    Parameters
    ----------
    path
        The file; it is made with the first event, and so is its folder.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._guard = threading.RLock()
        self._ids: set[str] = set()
        self._damaged: list[DamagedLine] = []
        self._offset = 0
        self._lines = 0
        self._file: tuple[int, int] | None = None  # device and inode of the file that was read
        self._unsure: set[str] = set()  # ids of events in the file that may not be on disk

    def append(self, event: Event) -> bool:
        """Write an event and return True once it is on disk; False, and write nothing, if its id is in the log.

        Raises
        ------
        DataError
            If it cannot be written. A half of it may be in the file then, which readers pass over; it can be sent
            again.
        """
        with self.writing() as writer:
            return writer.append(event)

    @contextlib.contextmanager
    def writing(self) -> Iterator[LogWriter]:
        """Yield a writer under the lock of the file: nobody else can write until the block ends. Not to be nested.

        Raises
        ------
        DataError
            If the file cannot be opened or locked.
        """
        with self._guard, self._locked():
            try:
                descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND)
            except OSError as error:
                raise _unwritable(self.path, error) from None
            try:
                yield LogWriter(self, descriptor)
            finally:
                os.close(descriptor)

    def events(self, since: int = 0) -> tuple[list[Event], int]:
        """Return the events after an offset in bytes, and the offset to go on from.

        Damaged lines are left out (`damaged` names them), and so is a last line that is not finished: it is read
        the next time, if it is finished then.

        Raises
        ------
        DataError
            If the file cannot be read, or is shorter than `since`: it is then not the file that was read before.
        """
        with self._guard:
            if since == self._offset:  # what is read for the first time is not read again for its ids
                return self._catch_up(), self._offset
            lines, offset = self._finished_lines(since)
            found = []
            for line in lines:
                with contextlib.suppress(DataError):
                    found.append(Event.of_line(line))
            return found, offset

    def damaged(self) -> tuple[DamagedLine, ...]:
        """Return the lines that are not events, as the file is now.

        Raises
        ------
        DataError
            As `events` does.
        """
        with self._guard:
            self._catch_up()
            return tuple(self._damaged)

    def _catch_up(self) -> list[Event]:
        """Read lines that were written since, by others or here; keep their ids, and return their events."""
        lines, self._offset = self._finished_lines(self._offset)
        found = []
        for line in lines:
            self._lines += 1
            try:
                found.append(Event.of_line(line))
            except DataError as error:
                self._damaged.append(DamagedLine(self._lines, str(error)))
        self._ids.update(event.event for event in found)
        return found

    def _finished_lines(self, since: int) -> tuple[list[bytes], int]:
        try:
            with open_regular(self.path, most=MOST_BYTES) as file:
                found = os.fstat(file.fileno())
                if since and self._file not in (None, (found.st_dev, found.st_ino)):
                    raise DataError(
                        f"{self.path} is another file than the one that was read: another program replaced it. "
                        "Start the review again, so that it is read from the beginning."
                    )
                self._file = found.st_dev, found.st_ino
                if found.st_size < since:
                    raise DataError(
                        f"{self.path} has become shorter since it was read: another program replaced or cut "
                        "it. Start the review again, so that it is read from the beginning."
                    )
                file.seek(since)
                whole, feed, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            if since:
                raise DataError(f"{self.path} is gone: it was removed or renamed while it was in use.") from None
            return [], 0
        except OSError as error:
            raise DataError(f"{self.path} cannot be read: {error.strerror}.") from None
        return (whole.split(b"\n"), since + len(whole) + 1) if feed else ([], since)

    def _locked(self) -> FileLock:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = not self.path.exists()
            held = lock_exclusive(self.path)
            if new:  # the name of the file has to be on disk too
                flush_folder(self.path.parent)
        except StoreError:
            raise DataError(
                f"{self.path.parent}: the file system does not support locks, so decisions of two tabs could be "
                "lost there. Choose a folder on a local disk."
            ) from None
        except OSError as error:
            raise _unwritable(self.path, error) from None
        return held


class LogWriter:
    """Appends to a log whose lock is held; `DecisionLog.writing` gives one."""

    def __init__(self, log: DecisionLog, descriptor: int) -> None:
        self._log, self._descriptor = log, descriptor

    def append(self, event: Event) -> bool:
        """Write an event, as `DecisionLog.append` does."""
        self._log._catch_up()
        # One whose lines the disk refused may be in the file, and lost with its power: it is written once more.
        if event.event in self._log._ids and event.event not in self._log._unsure:
            self._sync()  # its writer may have been killed before it did
            return False
        line = f"{event.to_json()}\n".encode()
        # In the same write as the event: no other line can come between them, and a kill cannot part them.
        torn = os.fstat(self._descriptor).st_size > self._log._offset
        try:
            _write_all(self._descriptor, b"\n" + line if torn else line)
        except OSError as error:
            raise _unwritable(self._log.path, error) from None
        self._log._unsure.add(event.event)
        self._sync()
        self._log._unsure.discard(event.event)
        self._log._catch_up()
        return True

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise _unwritable(self._log.path, error) from None


def _write_all(descriptor: int, data: bytes) -> None:
    """Write bytes; nearly always in one call, but a disk that fills up takes a part."""
    while data:
        data = data[os.write(descriptor, data) :]


def _unwritable(path: Path, error: OSError) -> DataError:
    return DataError(f"{path}: the decision could not be written ({error.strerror}). Nothing else was changed.")

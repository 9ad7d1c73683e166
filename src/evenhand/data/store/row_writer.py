"""Writing of rows that threads decode."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path
from typing import TypeVar

import numpy as np

from evenhand.base.errors import DataError, StoreError
from evenhand.data.store.column import Column
from evenhand.data.store.ragged import Array
from evenhand.data.store.space import store_errors

Make = Callable[[int], Mapping[str, Array]]
"""Position of a row -> its named arrays; raises `DataError` with the reason if it cannot be decoded."""
Progress = Callable[[int, int], None]
"""Called with (rows done, rows in all)."""
Reserve = Callable[[int, int], None]
"""Called with bytes that are needed and how many of them are written already; raises if they do not fit."""

T = TypeVar("T")
_Row = dict[str, Array] | str  # the arrays, or why there are none
_BLOCK_BYTES = 1 << 20
_BLOCK_ROWS = 256
_CHECK_BYTES = 16 << 20
"""Bytes of ragged rows after which room is made again."""


class RowWriter:
    """Writes n rows into the columns of one entry.

    Parameters
    ----------
    folder
        Folder of the columns.
    make, n
        Decodes a row; number of rows.
    files
        (n,) the file of each row, or None if every row is a file of its own; consecutive rows of one file are
        decoded by one thread.
    workers
        Threads that decode.
    progress
        Called with (rows done, n).
    reserve
        Called with the bytes of the whole entry, estimated from the first decoded row; where rows differ in shape,
        again while they are written.

    Attributes
    ----------
    failures
        Row -> why it could not be decoded; such rows hold zeros.
    """

    def __init__(
        self,
        folder: Path,
        make: Make,
        n: int,
        *,
        files: Sequence[str] | None = None,
        workers: int,
        progress: Progress | None,
        reserve: Reserve,
    ) -> None:
        self.folder, self.make, self.n, self.workers = folder, make, n, workers
        self.files = files
        self.reserve = reserve
        self.progress = progress or (lambda done, total: None)
        self.failures: dict[int, str] = {}
        self.columns: dict[str, Column] = {}

    def write(self) -> None:
        """Write all rows and complete the files."""
        with ExitStack() as open_files:
            open_files.callback(self._close)
            begun = self._begin()
            done = self._write_uniform(begun)
            if done < self.n:
                self._write_ragged(done)
            with self._store_errors():
                for column in self.columns.values():
                    column.finish(self.n)

    def _begin(self) -> int:
        """Decode up to the first row that succeeds, create the columns from it, and return the rows written."""
        for position in range(self.n):
            row = _decode(self.make, position)
            if isinstance(row, str):
                self.failures[position] = row
                continue
            self.reserve(self.n * sum(value.nbytes for value in row.values()), 0)
            with self._store_errors():
                for name, value in row.items():
                    self.columns[name] = Column(self.folder, name, value)
                for earlier in range(position):
                    self._put(earlier, "")
                self._put(position, row)
            return position + 1
        return self.n

    def _write_uniform(self, start: int) -> int:
        """Write rows at their positions from the threads that decode them; return the first whose shape differs."""
        # `closing` waits for blocks in flight: they may write rows at positions that `begin_ragged` is about to
        # cut off.
        with closing(map_in_order(self._put_block, self._blocks(start), self.workers)) as blocks:
            for block, (failures, differs) in blocks:
                self.failures.update(failures)
                if differs is not None:
                    return differs
                self.progress(block.stop, self.n)
        return self.n

    def _write_ragged(self, start: int) -> None:
        """Append decoded rows in order: the position of a row is known only after all rows before it."""
        with self._store_errors():
            for column in self.columns.values():
                column.begin_ragged(start)
        # Reserved so far is room for rows like the first one; what is written now may have any size.
        checked = 0
        with closing(map_in_order(self._decode_block, self._blocks(start), self.workers)) as blocks:
            for block, rows in blocks:
                written = sum(column.bytes_written for column in self.columns.values())
                if written > checked + _CHECK_BYTES:
                    self.reserve(written, written)
                    checked = written
                with self._store_errors():
                    for position, row in zip(block, rows, strict=True):
                        self._append(position, row)
                self.progress(block.stop, self.n)

    def _put_block(self, block: range) -> tuple[dict[int, str], int | None]:
        """Write a block of rows; return failures, and the first row of another shape, which is not written."""
        failures: dict[int, str] = {}
        for position in block:
            row = _decode(self.make, position)
            with self._store_errors():
                if not self._put(position, row):
                    return failures, position
            if isinstance(row, str):
                failures[position] = row
        return failures, None

    def _put(self, position: int, row: _Row) -> bool:
        values = self._named(position, row)
        if not all(column.fits(values[name]) for name, column in self.columns.items()):
            return False
        for name, column in self.columns.items():
            column.put(position, values[name])
        return True

    def _append(self, position: int, row: _Row) -> None:
        if isinstance(row, str):
            self.failures[position] = row
        values = self._named(position, row)
        for name, column in self.columns.items():
            # for its error about dtype and rank; any shape is right here
            column.fits(values[name])
            column.append(values[name])

    def _named(self, position: int, row: _Row) -> dict[str, Array]:
        if isinstance(row, str):
            return {name: column.zeros for name, column in self.columns.items()}
        if row.keys() != self.columns.keys():
            raise StoreError(
                f"Row {position} has the arrays {sorted(row)}, earlier rows have {sorted(self.columns)}. "
                "An encoder must return the same names for every row."
            )
        return row

    def _decode_block(self, block: range) -> list[_Row]:
        return [_decode(self.make, position) for position in block]

    def _blocks(self, start: int) -> Iterator[range]:
        """Yield blocks of about a megabyte, if rows are like the first one; none ends inside a file."""
        first = sum(column.zeros.nbytes for column in self.columns.values())
        step = int(np.clip(_BLOCK_BYTES // max(1, first), 1, _BLOCK_ROWS))
        while start < self.n:
            stop = min(start + step, self.n)
            while self.files is not None and stop < self.n and self.files[stop] == self.files[stop - 1]:
                stop += 1
            yield range(start, stop)
            start = stop

    def _close(self) -> None:
        for column in self.columns.values():
            column.close()

    def _store_errors(self) -> AbstractContextManager[None]:
        return store_errors(self.folder.parents[1])


def map_in_order(
    work: Callable[[range], T], blocks: Iterable[range], workers: int
) -> Generator[tuple[range, T], None, None]:
    """Yield (block, work(block)) in order, computed by threads.

    Only a few blocks are in flight at any time, so that memory does not grow with their number (`Executor.map`
    would submit all). When the caller stops early or an exception is raised, blocks in flight are waited for, and
    no other begins.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="evenhand-decode")
    ahead: deque[tuple[range, Future[T]]] = deque()
    try:
        for block in blocks:
            ahead.append((block, pool.submit(work, block)))
            if len(ahead) > 2 * workers:
                first, future = ahead.popleft()
                yield first, future.result()
        for first, future in ahead:
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _decode(make: Make, position: int) -> _Row:
    try:
        return {name: np.asarray(value) for name, value in make(position).items()}
    except DataError as error:
        return str(error) or type(error).__name__
